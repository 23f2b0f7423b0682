"""What the control topics say, a row a thing."""

from typing import Any

from services.cli.history import runs
from services.contracts.record import Record


def told(kind: str, **value: Any) -> Record:
    return Record("runs", 0, 0, 0, "r1", f"driftmill.{kind}", {"run_id": "r1", "clock": 0, "reason": "labels"} | value)


STARTED = told("RunStarted", trigger="labels", version="v1")
STEPS = [told("RunProgressed", number=number, step=f"step {number}") for number in (1, 2)]


def test_a_run_that_goes_on_tells_its_newest_step_and_why_it_began() -> None:
    (row,) = runs([STARTED, *STEPS])
    assert (row["state"], row["step"], row["reason"], row["version"]) == ("running", "step 2", "labels", "v1")


def test_a_run_that_has_ended_tells_how() -> None:
    (row,) = runs([STARTED, *STEPS, told("RunFinished", outcome="candidate", version="v1", reason="best")])
    assert (row["state"], row["step"], row["reason"]) == ("candidate", None, "best")
