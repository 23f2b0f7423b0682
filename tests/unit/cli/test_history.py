"""What the control topics say, a row a thing."""

from typing import Any

from services.cli.history import criterion_text, images, models, runs
from services.contracts.pipeline.learning_task import REGRESSION
from services.contracts.record import Record


def told(kind: str, run_id: str = "r1", **value: Any) -> Record:
    common = {"run_id": run_id, "clock": 0, "reason": "labels"}
    return Record("runs", 0, 0, 0, run_id, f"driftmill.{kind}", common | value)


STARTED = told("RunStarted", trigger="labels", version="v1", rows=40, positives=10)
STEPS = [told("RunProgressed", number=number, step=f"step {number}") for number in (1, 2)]


def test_a_run_that_goes_on_tells_its_newest_step_and_why_it_began() -> None:
    (row,) = runs([STARTED, *STEPS])
    assert (row["state"], row["step"], row["reason"], row["version"]) == ("running", "step 2", "labels", "v1")


def test_a_run_that_has_ended_tells_how() -> None:
    (row,) = runs([STARTED, *STEPS, told("RunFinished", outcome="candidate", version="v1", reason="best")])
    assert (row["state"], row["step"], row["reason"]) == ("candidate", None, "best")
    assert row["refused"] is None


def test_learners_that_a_run_had_to_leave_out_are_told() -> None:
    report = b'{"refused": {"forest": "differs by 0.3", "mlp": "differs by 0.2"}}'
    (row,) = runs([STARTED, told("RunFinished", outcome="failed", version=None, report=report)])
    assert row["refused"] == "forest, mlp"


def test_a_run_tells_how_many_rows_it_learns_from_and_how_many_are_positive() -> None:
    (row,) = runs([STARTED, told("RunFinished", outcome="not_enough", version=None)])
    assert (row["state"], row["version"], row["rows"], row["positive"]) == ("not_enough", "v1", 40, 0.25)
    assert runs([told("RunStarted", trigger="labels", version="v1", rows=0, positives=0)])[0]["positive"] is None


def test_of_numbers_no_share_is_positive() -> None:
    assert runs([told("RunStarted", trigger="labels", version="v1", rows=40, positives=0)], REGRESSION)[0] == (
        runs([STARTED])[0] | {"positive": None}
    )


def test_a_run_that_waits_has_none_yet() -> None:
    (row,) = runs([told("RunWaiting", "r2", trigger="alert", have=3, need=9)])
    assert (row["have"], row["need"], row["rows"], row["positive"]) == (3, 9, None, None)


def test_a_run_that_limits_hold_back_is_told_until_another_starts_and_one_of_an_alert_until_it_does() -> None:
    held = [told("RunHeld", "r2", trigger="labels"), told("RunHeld", "r3", trigger="alert")]
    assert [(row["run"], row["state"]) for row in runs(held)] == [("r2", "held"), ("r3", "held")]
    assert [(row["run"], row["state"]) for row in runs([*held, STARTED])] == [("r3", "held"), ("r1", "running")]


def moved(to_state: str) -> Record:
    value = {
        "version": "v1",
        "to_state": to_state,
        "clock": 0,
        "run_id": "r1",
        "by": "ann",
        "reason": "",
        "criteria": [],
    }
    return Record("models.history", 0, 0, 0, "v1", "driftmill.ModelMoved", value)


def test_what_was_measured_of_a_version_is_no_state_of_it() -> None:
    measured = Record(
        "models.history", 0, 1, 0, "v1", "driftmill.ReleaseMeasured", {"version": "v1", "stream": "shadow"}
    )
    (row,) = models([moved("shadow"), measured])
    assert row["state"] == "shadow"


def test_images_are_told_by_version_each_once() -> None:
    built = [("v1", "sha256:a"), ("v2", "sha256:b"), ("v1", "sha256:c"), ("v1", "sha256:a")]
    records = [told("ImageBuilt", version=version, digest=digest) for version, digest in built]
    assert images([told("MoveRequested"), *records]) == {"v1": ["sha256:a", "sha256:c"], "v2": ["sha256:b"]}


def test_what_serving_a_candidate_took_is_told_beside_its_state() -> None:
    took = {"alone": 0.0312, "alone_p99": 0.05, "together": 1.25, "mib": 14.2}
    value = {"version": "v1", "measured": took, "problem": ""}
    staged = Record("models.history", 0, 0, 0, "v1", "driftmill.CandidateStaged", value)
    (row,) = models([staged, moved("shadow")])
    assert row["staging"] == "0.0312 ms alone, slowest 0.05; 1.25 ms for 1,000; 14 MiB"
    (row,) = models([moved("rejected")])
    assert row["staging"] is None


def test_a_criterion_says_its_name_once() -> None:
    nothing = dict.fromkeys(("value", "low", "high", "bound")) | {"passed": True, "rows": 0}
    assert criterion_text(nothing | {"name": "memory", "detail": "memory: holds"}) == "✓ memory: holds"
    assert criterion_text(nothing | {"name": "champion", "detail": "none yet"}) == "✓ champion: none yet"
    assert criterion_text(nothing | {"name": "parity", "passed": False, "detail": ""}) == "✗ parity"
    numbers = {"value": 0.5, "low": 0.4, "high": 0.6, "bound": 0.3, "rows": 9, "detail": "f1: holds"}
    assert criterion_text(nothing | {"name": "f1"} | numbers) == "✓ f1 0.5 [0.4, 0.6] bound 0.3 9 rows"
