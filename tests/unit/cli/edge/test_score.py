"""Files of rows are read as they are meant, and what isn't a file of rows is refused."""

import csv
import sys
from pathlib import Path

import pytest

from services.cli.edge import score
from services.cli.edge.model import Model, Refused
from tests.unit.cli.edge.scene import make, row


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("edge")
    make(made)
    return made


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script stands in the folder of the model."""
    monkeypatch.setattr(score, "__file__", str(folder / "score.py"))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("rows.txt", b"", "expected .csv, .jsonl or .parquet"),
        ("rows.jsonl", b"{}\n[1]\n", "line 2 is no JSON object"),
        ("rows.jsonl", b"{", "line 1 is no JSON object"),
        ("rows.jsonl", b"\xff", "can't decode"),
        ("rows.csv", b"a,b\n1,2\n1\n", "line 3 has another number of values"),
        ("rows.csv", b"a,b\n1,2,3\n", "line 2 has another number of values"),
        ("rows.csv", b'a\n"1\n', "unexpected end of data"),
        ("rows.parquet", b"no", "rows.parquet: "),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_no_file_of_rows_is_refused_and_the_answers_before_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, why: str
) -> None:
    rows, out = tmp_path / name, tmp_path / "answers.csv"
    rows.write_bytes(content)
    out.write_text("before")
    assert score.main([str(rows), "--out", str(out)]) == score.REFUSED
    assert why in capsys.readouterr().err
    assert out.read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {name, "answers.csv"}


@pytest.mark.usefixtures("here")
def test_answers_stand_in_the_order_of_the_rows_with_all_their_digits(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row(seed) | {"event_id": f"e{seed}"} for seed in range(score.BATCH + 3)]
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert score.main([str(path)]) == score.OK
    told = capsys.readouterr()
    found = list(csv.DictReader(told.out.splitlines()))
    assert [one["event_id"] for one in found] == [one["event_id"] for one in rows]
    assert [float(one["score"]) for one in found] == [one["score"] for one in Model(folder).answers(rows)]
    assert told.err == "small v1: 2,003 rows\n"


def test_a_signature_that_cannot_be_checked_is_no_signature(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(Refused, match="without the package `cryptography`: install"):
        Model(folder)
    assert Model(folder, unverified=True).release == "v1"
