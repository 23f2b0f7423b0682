"""What follows at the end of a window."""

from dataclasses import replace
from typing import Any

import pytest

from services.contracts.pipeline.learning_task import BINARY
from services.registry.domain.flight import Flight
from services.registry.domain.judgement import Judgement, judge_flight, standing
from services.registry.domain.measured import measured_of
from services.registry.domain.plan import Plan
from services.registry.domain.score_groups import ScoreGroups
from tests.unit.registry.play import CONFIRMED, COST, DAY, MEASURED, PLAN, asked, days, spent

GROUPS = ScoreGroups.of(MEASURED, BINARY)
MANIFEST = {"measured": MEASURED, "cost": COST}


def flown(told: list[dict[str, Any]], state: str = "shadow", share: float = 0.0, since: int = 0) -> Flight:
    flight = Flight("v2", state, share, since, 1, "v1")
    for one in told:
        measured = measured_of(one, "v2", GROUPS)
        if measured is not None and flight.wants(measured):
            flight.take(measured, 2)
    return flight


def judged(flight: Flight, plan: Plan = PLAN) -> Judgement:
    assert flight.now is not None
    return judge_flight(flight, plan, MANIFEST, flight.now)


def test_it_waits_for_what_is_lacking_and_says_for_what() -> None:
    plan = replace(PLAN, stages=(replace(PLAN.stages[0], lasts=2 * DAY, at_least=5_000), *PLAN.stages[1:]))
    found = judged(flown(days(0, 1)), plan)
    assert (found.to_state, found.reason) == ("", "shadow for 48 h, 5,000 events in shadow")
    few = judged(flown([asked(0, partition, rows=50) for partition in (0, 1)]))
    assert few.reason == "1,000 events in shadow, errors, score_shift, decision_rate, disagreement"


def test_the_newest_window_must_hold_events() -> None:
    flight = flown([*days(0, 1), *(asked(1, partition, rows=0, positives=0) for partition in (0, 1))])
    assert judged(flight).reason == "events in the newest window"


def test_a_stage_that_went_well_leads_to_the_next() -> None:
    found = judged(flown(days(0, 1)))
    assert (found.to_state, found.share, found.reason) == ("canary", 0.05, "shadow went well: canary at 5% begins")


def test_the_last_step_leads_to_champion_or_waits_for_labels() -> None:
    last = flown(days(0, 1), "canary", 1.0)
    assert judged(last).to_state == "champion"
    waiting = judged(last, CONFIRMED)
    assert (waiting.to_state, waiting.reason) == ("", "labels that tell whether it is better")


def test_times_hold_it_until_they_are_measured_then_stop_it_or_let_it_on() -> None:
    flight, plan = flown(days(0, 1)), replace(PLAN, guards=("errors", "latency"))
    assert (judged(flight, plan).to_state, judged(flight, plan).reason) == ("", "latency")
    flight.serve(spent(22.0))
    assert judged(flight, plan).to_state == "canary"
    flight.serve(spent(22.1))
    assert judged(flight, plan).to_state == "rejected"
    assert judged(flight, plan).reason.startswith("rolled back: latency: is broken, 22.1 ms for 1,000 rows")
    assert judged(flight).to_state == "canary"


def test_all_is_judged_as_it_was_at_its_time() -> None:
    flight = flown(days(0, 5, gain=0.2))
    first = standing(flight, CONFIRMED, MANIFEST, DAY)
    assert (first.samples.n, first.comparison and first.comparison.rows) == (1_000, 0)
    last = standing(flight, CONFIRMED, MANIFEST, 5 * DAY)
    assert (last.samples.n, last.comparison and last.comparison.rows) == (5_000, 1_000)


@pytest.mark.parametrize(("keeps", "to_state"), [(False, "rejected"), (True, "champion")])
def test_in_the_end_the_file_decides(keeps: bool, to_state: str) -> None:
    assert CONFIRMED.confirmation is not None
    plan = replace(CONFIRMED, confirmation=replace(CONFIRMED.confirmation, within=2 * DAY, keeps=keeps))
    assert judged(flown(days(0, 2), "canary", 1.0), plan).to_state == to_state
    # what lacks more than certainty isn't kept
    few = flown([asked(day, partition, 0.01) for day in (0, 1) for partition in (0, 1)], "canary", 1.0)
    found = judged(few, plan)
    assert (found.to_state, found.reason) == ("rejected", "rolled back: 1,000 events in canary at 100%")
