"""How a version in flight does in each slice: the worst first, with intervals that hold together."""

from dataclasses import replace
from typing import Any

import pytest

from services.contracts.pipeline.learning_task import ANOMALY, REGRESSION
from services.registry.domain.flight import Flight
from services.registry.domain.flight_report import report_of, told
from services.registry.domain.slice_report import line, slices_of
from tests.unit.registry.play import CONFIRMED, MEASURED, begun, days, pair, profile

FLIGHT = Flight("v2", "shadow", against="v1")
LOSS = 0.1675


def shadowed(name: str, day: int, partition: int = 0, **sums: Any) -> dict[str, Any]:
    return profile("shadow", day, partition, slice=name, pairs=[pair(**sums)])


def judged(name: str, day: int, gain: float, partition: int = 0, **more: Any) -> dict[str, Any]:
    sums = {"other_error": LOSS * 500, "error": LOSS * 500 * (1 - gain)} | more
    return profile("paired", day, partition, slice=name, pairs=[pair(**sums)])


def several() -> list[dict[str, Any]]:
    """A fifth better in DE, a fifth worse in FR, and nothing is known of IT."""
    told: list[dict[str, Any]] = []
    for day in range(20):
        told += [shadowed(name, day) for name in ("country=DE", "country=FR")]
        told += [judged("country=DE", day, 0.2), judged("country=FR", day, -0.2)]
    return [*told, shadowed("country=IT", 0, disagreements=250)]


def test_the_worst_comes_first_with_what_labels_say_of_it() -> None:
    found = slices_of(several(), FLIGHT, CONFIRMED, MEASURED)
    assert [one["slice"] for one in found] == ["country=FR", "country=DE", "country=IT"]
    worst, best, unknown = found
    assert worst["advantage"] == pytest.approx(-0.2 * LOSS)
    assert worst["low"] < worst["advantage"] < worst["high"] < 0 < best["low"]
    assert (worst["events"], worst["labelled"], worst["agreement"]) == (10_000, 10_000, 0.96)
    assert worst["agreement_low"] < 0.96 < worst["agreement_high"]
    assert (unknown["advantage"], unknown["agreement"], unknown["labelled"]) == (None, 0.5, 0)


def test_the_more_slices_the_wider_each_interval() -> None:
    few = slices_of(several(), FLIGHT, CONFIRMED, MEASURED)[0]
    more = [shadowed(f"country={number}", 0) for number in range(100)]
    many = slices_of([*several(), *more], FLIGHT, CONFIRMED, MEASURED)[0]
    assert (many["slice"], many["advantage"]) == (few["slice"], few["advantage"])
    assert many["low"] <= few["low"]
    assert many["high"] > few["high"]
    assert many["agreement_high"] > few["agreement_high"]


def test_partitions_are_added_up_and_a_later_profile_replaces_an_earlier() -> None:
    profiles = [shadowed("a=x", 0, partition) for partition in (0, 1)]
    (one,) = slices_of([*profiles, shadowed("a=x", 0, 1, rows=100)], FLIGHT, CONFIRMED, MEASURED)
    assert one["events"] == 600
    first = slices_of([judged("a=x", 0, 0.2, 0), judged("a=x", 0, 0.2, 1)], FLIGHT, CONFIRMED, MEASURED)
    assert first == slices_of([judged("a=x", 0, 0.2, 1), judged("a=x", 0, 0.2, 0)], FLIGHT, CONFIRMED, MEASURED)
    assert first[0]["labelled"] == 1_000


def test_what_is_of_another_version_or_of_all_events_is_no_slice_of_it() -> None:
    others = [replace_version(shadowed("a=x", 0), "v3"), profile("shadow", 0, 0, pairs=[pair()])]
    assert slices_of(others, FLIGHT, CONFIRMED, MEASURED) == []


def replace_version(told: dict[str, Any], version: str) -> dict[str, Any]:
    return told | {"version": version}


def test_numbers_agree_in_nothing_that_is_decided() -> None:
    found = slices_of([shadowed("a=x", 0)], FLIGHT, replace(CONFIRMED, task=REGRESSION), {})
    assert found[0]["agreement"] is None
    assert line(found[0]) == "  a=x: 500 events; 0 labelled"


def test_people_are_shown_the_worst() -> None:
    play = begun(CONFIRMED)
    play.see(*days(0, 8, gain=0.1))
    profiles = [*several(), *(shadowed(f"country={number}", 0) for number in range(9))]
    report = report_of(play.state, CONFIRMED, profiles)
    assert len(report["slices"]) == 12
    lines = told(report).splitlines()
    place = lines.index("Of 12 slices, whose intervals hold together, these fare worst:")
    assert lines[place + 1].startswith("  country=FR: 10,000 events; alike in 96.0% (")
    assert "advantage -0.0335 a block (-0.0" in lines[place + 1]
    assert len(lines) == place + 7
    assert "slices" not in told(report_of(play.state, CONFIRMED))


def test_where_there_are_no_labels_a_slice_tells_how_often_both_decide_alike() -> None:
    plan = replace(CONFIRMED, task=ANOMALY, confirmation=None)
    usual = {"reliability": [{"bin": 0, "rows": 500, "score": 0.1}]}
    (one,) = slices_of([shadowed("site=north", 0, disagreements=250)], FLIGHT, plan, usual)
    assert (one["agreement"], one["advantage"], one["labelled"]) == (0.5, None, 0)
