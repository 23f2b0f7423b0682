"""The command says what went wrong, what to do next, and ends with the code that scripts can tell apart."""

from pathlib import Path

import orjson
import pytest

from services.cli.main import _MODULES, main

PAYMENTS = Path(__file__).parents[3] / "pipelines" / "payments"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTMILL_HOME", str(tmp_path / "home"))
    for name in ("DRIFTMILL_PIPELINE", "DRIFTMILL_BOOTSTRAP", "DRIFTMILL_SCHEMA_REGISTRY"):
        monkeypatch.delenv(name, raising=False)


def test_a_right_pipeline_is_said_to_be_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(PAYMENTS)]) == 0
    assert "payments is right" in capsys.readouterr().out


def test_each_feature_is_told_with_its_precision_and_the_bytes_of_a_row_add_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", str(PAYMENTS), "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert [one["entity"] for one in told["entities"]] == ["customer", "terminal"]
    for entity in told["entities"]:
        of_memory = {one["memory"]: one["bytes"] for one in entity["features"]}
        assert 8 <= entity["row_bytes"] - sum(of_memory.values()) < 16
    first = told["entities"][0]["features"][0]
    assert (first["feature"], first["tile"], first["tiles"]) == ("customer.spend.count.1d", "2h", 12)
    assert "count of events.amount over (t - 1d, t]" in first["definition"]
    assert {"feature": "row.hour", "definition": "hour(paid_at)"} in told["row"]
    assert main(["check", str(PAYMENTS)]) == 0
    lines = capsys.readouterr().out.splitlines()
    start, end = (next(i for i, line in enumerate(lines) if line.startswith(w)) for w in ("customer, by", "clock"))
    right = len(lines[start + 1])
    sizes = [line.split()[-1] for line in lines[start + 2 : end + 1] if len(line.rstrip()) == right]
    assert sum(int(size) for size in sizes if size.isdigit()) == told["entities"][0]["row_bytes"]


def test_what_features_py_does_wrong_is_a_mistake_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in PAYMENTS.glob("*.avsc"):
        (tmp_path / file.name).write_text(file.read_text())
    text = (PAYMENTS / "pipeline.yaml").read_text()
    (tmp_path / "pipeline.yaml").write_text(text.replace("hour:  hour(paid_at)", "hour: {function: odd, of: amount}"))
    (tmp_path / "features.py").write_text("def odd(amount):\n    return amount / amount.sum()\n")
    for command in ("check", "apply", "up"):
        assert main([command, str(tmp_path)]) == 1
        told = capsys.readouterr()
        assert "features.py:1:1: features.row.hour: odd gives" in told.out + told.err
    (tmp_path / "features.py").write_text("def odd(amount):\n    return amount % 2 == 1\n")
    assert main(["check", str(tmp_path)]) == 0
    assert "odd(amount)" in capsys.readouterr().out


def test_mistakes_are_listed_and_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in PAYMENTS.glob("*.avsc"):
        (tmp_path / file.name).write_text(file.read_text())
    wrong = (PAYMENTS / "pipeline.yaml").read_text().replace("field: paid_at", "field: paid_on")
    (tmp_path / "pipeline.yaml").write_text(wrong)
    assert main(["check", str(tmp_path), "--json"]) == 1
    told = orjson.loads(capsys.readouterr().out)
    assert told["valid"] is False
    assert any("paid_on" in mistake["message"] and mistake["line"] > 0 for mistake in told["mistakes"])


def test_explain_prints_a_file_that_reads_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(PAYMENTS), "--explain"]) == 0
    for file in PAYMENTS.glob("*.avsc"):
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "pipeline.yaml").write_text(capsys.readouterr().out)
    assert main(["check", str(tmp_path)]) == 0


def test_a_new_pipeline_is_right_from_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "orders"
    assert main(["new", "orders", "--directory", str(target)]) == 0
    assert main(["check", str(target)]) == 0
    capsys.readouterr()
    assert main(["new", "orders", "--directory", str(target)]) == 2
    assert "already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["frobnicate"], 2, "No such command"),
        (["retrain"], 2, "--reason"),
        (["run", "nothing"], 2, "There is no service nothing"),
        (["run", "validation+lake"], 2, "There is no service lake; expected one of validation, features, inference"),
        (["tail", "nothing"], 2, "There is no topic nothing"),
        (["publish", "absent.csv"], 2, "There is no file absent.csv"),
        (["status"], 2, "--pipeline"),
        (["status", "--pipeline", "payments"], 1, "driftmill up"),
        (["up", "absent"], 1, "no such directory"),
    ],
)
def test_errors_say_what_to_do(arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(_MODULES))
def test_each_command_is_there_when_it_alone_is_loaded(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"Usage: driftmill {name} " in capsys.readouterr().out


def test_all_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert [name for name in _MODULES if f" {name} " not in told] == []


def test_a_stopped_broker_is_told_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broker", "status", "--json"]) == 1
    assert orjson.loads(capsys.readouterr().out)["up"] is False
