"""A demo's arguments."""

from pathlib import Path

import pytest

from services.cli.demo.order import read_order


def test_the_first_demo_needs_no_argument() -> None:
    order = read_order([])
    assert order.directory.name == "payments"
    assert order.drifts
    assert order.options == {}


def test_a_story_without_drift_needs_none_to_be_found() -> None:
    assert not read_order(["--drift", "none"]).drifts


def test_bikes_are_generated_where_no_file_is_named() -> None:
    assert read_order(["bikes"]).drifts


def test_options_go_to_the_source() -> None:
    order = read_order(["payments", "--events", "5000", "--drift", "20", "--option", "fraud=0.1"])
    assert order.options == {"events": "5000", "drift": "20", "fraud": "0.1"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["electricity"], "--data"),
        (["flights", "--data", "absent.csv"], "no file absent.csv"),
        (["cats"], "none of payments"),
        (["--option", "fraud"], "NAME=VALUE"),
    ],
)
def test_what_makes_no_demo_ends_with_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        read_order(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
