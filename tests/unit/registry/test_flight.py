"""The version in flight, and what is known of it at a time."""

from typing import Any

from services.registry.domain.flight import Flight
from services.registry.domain.measured import measured_of
from services.registry.domain.served import Served
from tests.unit.registry.play import DAY, asked, days, labelled, profile, spent


def flown(*told: dict[str, Any]) -> Flight:
    flight = Flight("v2", "shadow")
    for one in told:
        measured = measured_of(one, "v2", None)
        if measured is not None and flight.wants(measured):
            flight.take(measured, 2)
    return flight


def test_its_first_step_begins_with_the_first_window_that_tells_of_it() -> None:
    assert (flown().since, flown().now) == (None, None)
    flight = flown(*days(3, 5))
    assert (flight.since, flight.now, flight.ends(0)) == (3 * DAY, 5 * DAY, [4 * DAY, 5 * DAY])


def test_a_step_has_the_windows_that_begin_within_it() -> None:
    flight = flown(*days(0, 4))
    flight.since = 2 * DAY
    assert [one.start for one in flight.of_step(4 * DAY)] == [2 * DAY, 3 * DAY]
    assert [one.start for one in flight.of_step(3 * DAY)] == [2 * DAY]


def test_labels_count_once_every_partition_was_past_the_time_at_which_they_matured() -> None:
    flight = flown(*days(0, 4), labelled(0, 0, 0.2, after=2), labelled(0, 1, 0.2, after=2))
    assert [len(flight.matured(day * DAY)) for day in (2, 3, 4)] == [0, 0, 1]


def test_of_other_versions_it_wants_nothing() -> None:
    measured = measured_of(asked(0, 0, version="v3"), "v3", None)
    assert measured is not None
    assert not flown().wants(measured)


def test_labels_do_not_begin_a_step_and_windows_of_answers_are_counted() -> None:
    flight = flown(labelled(0, 0, 0.2), labelled(0, 1, 0.2), profile("quality", 5, 0, "v1"))
    assert (flight.since, flight.whole) == (None, 0)


def test_of_what_scoring_took_the_newest_counts() -> None:
    flight = flown()
    for rows in (900, 120, 70, 30):
        flight.serve(spent(1.5, rows=rows))
    assert flight.served == [Served(120, 10, 1.5), Served(70, 10, 1.5), Served(30, 10, 1.5)]
    copied = flight.copy()
    copied.serve(spent(1.5))
    assert (len(copied.served), len(flight.served)) == (1, 3)


def test_a_snapshot_is_the_same_flight() -> None:
    flight = flown(*days(0, 9, gain=0.1), asked(9, 0))
    flight.serve(spent(7.0))
    assert Flight.from_plain(flight.to_plain()) == flight == flight.copy()
