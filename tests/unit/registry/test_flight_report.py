"""What people are told of the version in flight."""

from dataclasses import replace

from services.contracts.pipeline.learning_task import REGRESSION
from services.registry.domain.flight_report import NOBODY, report_of, told
from services.registry.domain.plan import Plan
from services.registry.domain.versions import Versions
from tests.unit.registry.play import CONFIRMED, DAY, PLAN, begun, days


def test_nobody_in_flight_is_said() -> None:
    assert told(report_of(Versions(), PLAN)) == f"{NOBODY}\n"


def test_who_waits_is_said() -> None:
    play = begun(replace(PLAN, approval=True))
    assert told(report_of(play.state, PLAN)) == f"{NOBODY}\nv2 is accepted and waits for: approval.\n"


def test_before_the_first_window_it_waits_for_one() -> None:
    play = begun(PLAN)
    report = report_of(play.state, PLAN)
    assert (report["version"], report["state"], report["waits_for"]) == ("v2", "shadow", "a first whole window")
    assert report_of(play.state, Plan())["waits_for"].startswith("a person")
    assert told(report).endswith("It waits for: a first whole window.\n")


def test_where_it_stands_with_its_numbers() -> None:
    play = begun(CONFIRMED)
    play.see(*days(0, 8, gain=0.1))
    report = report_of(play.state, CONFIRMED)
    assert (report["step"], report["share"], report["beside"]) == ("canary at 100%", 1.0, "v1")
    assert (report["since"], report["until"]) == ("1970-01-04T00:00:00Z", "1970-01-09T00:00:00Z")
    assert (report["events"], report["answered"], report["agreement"]) == (8_000, 8_000, 0.96)
    assert report["waits_for"] == "labels that tell whether it is better"
    by_labels = report["criteria"][-1]
    assert by_labels["low"] < by_labels["value"] < by_labels["high"]
    lines = told(report).splitlines()
    assert lines[0].startswith("v2 is in canary at 100%, beside v1; since 1970-01-04T00:00:00Z")
    assert lines[1] == "8,000 events, 8,000 of them answered by it, 0 without an answer of its own."
    assert lines[2] == "Both decide alike in 96.0%; positive decisions: 800 of its own, 800 beside."
    of_numbers = report_of(play.state, replace(PLAN, task=REGRESSION))
    assert of_numbers["agreement"] is None
    assert "decide" not in "".join(told(of_numbers).splitlines()[:3])
    assert any(line.startswith("✓ score_shift: holds") for line in lines)
    assert any(line.startswith("✗ loss below that of v1 by labels: isn't known yet") for line in lines)


def test_that_the_day_has_no_release_left_is_said() -> None:
    plan = replace(PLAN, stages=PLAN.stages[:1], per_day=1)
    play = begun(plan)
    play.state.released.append(DAY)
    assert play.see(*days(0, 1)) == []
    assert report_of(play.state, plan)["waits_for"] == "the next day, which has releases left"
