from typing import Any

import orjson

from services.contracts.datasets import Told, before, datasets, named, row
from services.contracts.pipeline.learning_task import REGRESSION
from services.contracts.record import Record


def value(dataset_id: str, clock: int) -> dict[str, Any]:
    ranges = [{"partition": 0, "from_offset": 0, "to_offset": clock, "matured_seq": clock - 1}]
    told = {"feature_set": "f1", "label_policy": "l1", "ranges": ranges, "rows": 10 * clock, "positives": clock}
    return {"dataset_id": dataset_id, "clock": clock} | told


def record(kind: str, value: dict[str, Any]) -> Record:
    return Record("t", 0, 0, 0, "k", f"driftmill.{kind}", value)


def run(run_id: str, dataset: dict[str, Any], profile: str | None, outcome: str = "candidate") -> list[Record]:
    number = run_id.removeprefix("r")
    started = {"run_id": run_id, "version": f"v{number}", "dataset_id": dataset["dataset_id"]}
    version = f"v{number}" if outcome == "candidate" else None
    report = orjson.dumps({} if profile is None else {"profile": profile})
    finished = {"run_id": run_id, "outcome": outcome, "version": version, "report": report}
    return [
        record("RunStarted", started | {"dataset": orjson.dumps(dataset)}),
        record("RunFinished", finished),
    ]


ONE, TWO, THREE = value("abc1", 1), value("abd2", 2), value("abe3", 3)


def told() -> list[Told]:
    given_up = record("RunFinished", {"run_id": "r9", "outcome": "no_evidence", "version": None, "report": b"{}"})
    runs = [*run("r1", ONE, "one.json"), given_up, *run("r2", TWO, None, "failed"), *run("r3", TWO, "two.json")]
    return datasets([record("DatasetExtended", one) for one in (TWO, THREE)], runs)


def test_datasets_come_in_order_with_their_runs_those_whose_record_is_gone_too() -> None:
    assert [one.value["dataset_id"] for one in told()] == ["abc1", "abd2", "abe3"]
    assert [[started["run_id"] for started, _ in one.runs] for one in told()] == [["r1"], ["r2", "r3"], []]


def test_any_run_that_kept_a_profile_tells_where_it_is() -> None:
    assert [one.profile for one in told()] == ["one.json", "two.json", None]
    (begun,) = datasets([], run("r1", ONE, "one.json")[:1])
    assert begun.profile is None
    assert row(begun, {}, None)["outcome"] == "running"


def test_a_dataset_is_named_by_its_id_or_the_beginning_of_it_a_run_or_a_version() -> None:
    known = told()
    for name, dataset in (("abc1", "abc1"), ("abd", "abd2"), ("r3", "abd2"), ("v1", "abc1")):
        found = named(known, name)
        assert found is not None
        assert found.value["dataset_id"] == dataset
    assert named(known, "ab") is None
    assert named(known, "v7") is None


def test_the_last_one_is_the_newest_before_that_has_a_profile() -> None:
    one, two, three = told()
    assert before([one, two, three], one) is None
    assert before([one, two, three], two) is one
    assert before([one, two, three], three) is two


def test_a_line_tells_size_run_and_drift() -> None:
    one, two, three = told()
    found = row(two, {"amount": 0.3, "kind": 0.1}, {"findings": [1]})
    assert found == {
        "dataset": "abd2",
        "rows": 20,
        "positives": 2,
        "share": 0.1,
        "run": "r3",
        "outcome": "candidate",
        "version": "v3",
        "most_moved": "amount",
        "psi": 0.3,
        "findings": 1,
    }
    assert row(two, {"amount": 0.3}, {"findings": [1]}, REGRESSION) == found | {"positives": None, "share": None}
    assert row(one, {}, {"findings": []})["most_moved"] is None
    assert row(three, {}, None)["run"] is None
    assert row(three, {}, None)["findings"] is None
