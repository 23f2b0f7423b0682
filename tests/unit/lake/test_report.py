"""What the tables hold of a period."""

from pathlib import Path
from typing import Any

from services.contracts.record import Record
from services.contracts.schemas import own_schema
from services.lake.adapters.removals import Removals
from services.lake.adapters.selection import Selection
from services.lake.domain.removal import Removal
from services.lake.report import lines
from tests.unit.lake.test_selection import DAY, keep, kept


def refused(offset: int, *rules: str) -> Record:
    value: dict[str, Any] = {
        "kind": "event",
        "event_id": f"e{offset}",
        "event_time": None,
        "source_topic": "events.raw",
    }
    names = own_schema("driftmill.RecordQuarantined")["fields"]
    value = {field["name"]: field.get("default") for field in names} | value
    value |= {"source_partition": 0, "source_offset": offset, "raw_key": None, "raw_value": None}
    value["reasons"] = [{"field": "amount", "rule": rule, "detail": ""} for rule in rules]
    return Record("events.quarantined", 0, offset, DAY * offset, "s1", "driftmill.RecordQuarantined", value)


def answered(offset: int, model: str, label: bool | None, status: str = "ok") -> Record:
    names = {field["name"]: field.get("default") for field in own_schema("driftmill.Prediction")["fields"]}
    value = names | {"seq": offset, "event_id": f"e{offset}", "event_time": 7 * offset, "status": status}
    value |= {"label": label, "model": model, "feature_set": "f", "numbers": b"", "categories": [], "explore": False}
    value |= {"policy": "p1", "arm": "champion", "scores": []}
    return Record("predictions", 0, offset, DAY * offset, "s1", "driftmill.Prediction", value)


def told(folder: Path, start: int | None, end: int | None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines(Selection(folder.as_uri(), "shop"), start, end):
        found.setdefault(line.pop("as"), []).append(line)
    return found


def test_rows_are_counted_of_the_period_alone(tmp_path: Path) -> None:
    keep(tmp_path, "events", [kept(number, f"e{number}", 5) for number in range(4)])
    some = [refused(0, "range"), refused(1, "range", "type"), refused(2, "range"), refused(3, "type")]
    keep(tmp_path, "quarantined", some, own_schema("driftmill.RecordQuarantined"))
    answers = [
        answered(0, "v1", True),
        answered(1, "v1", True),
        answered(2, "v1", False),
        answered(3, "v1", None, "failed"),
    ]
    keep(tmp_path, "predictions", answers, own_schema("driftmill.Prediction"))
    Removals(tmp_path.as_uri(), "shop").add(
        [Removal("r", "expired", "events", 0, 0, 5, 5, DAY), Removal("r", "expired", "events", 0, 5, 9, 4, 9 * DAY)]
    )
    found = told(tmp_path, DAY, 4 * DAY)
    assert found["events"] == [{"rows": 3}]
    first = {"kind": "event", "field": "amount", "rule": "range", "rows": 2}
    assert sorted(found["refused"], key=lambda row: -row["rows"]) == [first, first | {"rule": "type", "rows": 1}]
    by = {"model": "v1", "policy": "p1", "arm": "champion"}
    counts = {"rows": 3, "failed": 1, "decided": 2, "positive": 1, "from_time": 7, "through_time": 21}
    assert found["answers"] == [by | counts]
    assert found["removed"] == [{"cause": "expired", "rows": 5}]
    assert told(tmp_path, None, None)["events"] == [{"rows": 4}]


def test_tables_that_are_not_there_yet_tell_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, None, None) == {}
