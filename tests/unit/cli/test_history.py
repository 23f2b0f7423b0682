from typing import Any

from services.cli.history import runs
from services.contracts.record import Record

BEGUN: dict[str, Any] = {
    "run_id": "r1",
    "clock": 0,
    "reason": "labels",
    "trigger": "labels",
    "version": "v1",
    "rows": 40,
    "positives": 10,
}


def record(kind: str, **value: Any) -> Record:
    return Record("runs", 0, 0, 0, "k", f"driftmill.{kind}", value)


def test_a_run_tells_how_many_rows_it_learns_from_and_how_many_are_positive() -> None:
    ended = BEGUN | {"outcome": "not_enough", "version": None}
    (row,) = runs([record("RunStarted", **BEGUN), record("RunFinished", **ended)])
    assert (row["state"], row["version"], row["rows"], row["positive"]) == ("not_enough", "v1", 40, 0.25)
    assert runs([record("RunStarted", **BEGUN | {"rows": 0, "positives": 0})])[0]["positive"] is None


def test_a_run_that_waits_has_none_yet() -> None:
    waits = {"run_id": "r2", "clock": 0, "reason": "few", "trigger": "alert", "have": 3, "need": 9}
    (row,) = runs([record("RunWaiting", **waits)])
    assert (row["have"], row["need"], row["rows"], row["positive"]) == (3, 9, None, None)
