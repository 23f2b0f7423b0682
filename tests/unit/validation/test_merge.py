from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.step import Waiting
from services.contracts.record import JSON, POISON, Record
from services.validation.domain.intake import Intake
from services.validation.domain.merge import is_past, take_merged
from tests.unit.validation.scene import DAY, MINUTE, START, bought, judged, pipeline, record, records, waiting

KNOWN_AT = Intake(pipeline()).known_at
IDLE = 5_000.0
LATENESS = 10 * MINUTE
YEAR = 365 * DAY
MINUTES = st.lists(st.integers(0, 50), max_size=25)


def order_of(taken: list[Record]) -> list[tuple[str, int]]:
    return [(one.topic, one.offset) for one in taken]


def take(events: Waiting, labels: Waiting, limit: int = 1000) -> list[Record]:
    return take_merged(events, labels, KNOWN_AT, limit, IDLE, LATENESS)


def minutes(*minutes: int, ahead: int | None = None) -> list[int]:
    """Times in order; the one at the position `ahead` is a year later than the truth."""
    return [START + m * MINUTE + (YEAR if n == ahead else 0) for n, m in enumerate(minutes)]


def events_at(times: list[int]) -> list[Record]:
    return records(*(bought(n, at=at) for n, at in enumerate(times)))


def labels_at(times: list[int]) -> list[Record]:
    return records(*(judged(n, known_at=at) for n, at in enumerate(times)), topic="labels")


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_an_event_dated_far_ahead_lets_no_label_overtake_the_events_behind_it(limit: int) -> None:
    labels = labels_at(minutes(5, 15, 25, 35))
    usual = take(waiting(events_at(minutes(0, 10, 20, 30)), quiet_ms=IDLE), waiting(labels, quiet_ms=IDLE))
    odd = events_at(minutes(0, 10, 20, 30, ahead=1))
    left, right = waiting(odd, quiet_ms=IDLE), waiting(labels_at(minutes(5, 15, 25, 35)), quiet_ms=IDLE)
    taken: list[Record] = []
    while some := take(left, right, limit):
        taken += some
    assert [one for one in order_of(taken) if one != ("events.raw", 1)] == [
        one for one in order_of(usual) if one != ("events.raw", 1)
    ]
    assert order_of(taken).index(("events.raw", 1)) < order_of(taken).index(("events.raw", 2))


def test_a_label_dated_far_ahead_holds_back_no_label_behind_it() -> None:
    taken = take(
        waiting(events_at(minutes(0, 10, 20, 30)), quiet_ms=IDLE),
        waiting(labels_at(minutes(5, 15, 25, 35, ahead=0)), quiet_ms=IDLE),
    )
    assert [topic for topic, _ in order_of(taken)].index("labels") == 0
    assert order_of(taken)[3:] == [
        ("labels", 1),
        ("events.raw", 2),
        ("labels", 2),
        ("events.raw", 3),
        ("labels", 3),
    ]


def test_what_cannot_be_read_hides_no_event_dated_far_ahead() -> None:
    first, ahead, *others = events_at(minutes(0, 10, 20, 30, ahead=1))
    unreadable = [record({"reason": "undecodable", "detail": ""}, kind=POISON) for _ in range(3)]
    left = waiting([first, ahead, *unreadable, *others], quiet_ms=IDLE)
    taken = take(left, waiting(labels_at(minutes(25)), quiet_ms=IDLE))
    assert [one for one in taken if one.kind != POISON][:2] == [first, ahead]
    assert [one.topic for one in taken][-2:] == ["labels", "events.raw"]


@given(st.lists(st.integers(0, 60), min_size=4, max_size=25), MINUTES, st.data())
def test_where_a_record_is_astray_paced_gives_the_order_of_preloaded_too(
    event_minutes: list[int], label_minutes: list[int], data: st.DataObject
) -> None:
    times = minutes(*sorted(event_minutes), ahead=data.draw(st.integers(0, len(event_minutes) - 3)))
    events, labels = events_at(times), labels_at(minutes(*sorted(label_minutes)))
    preloaded = take(waiting(events, quiet_ms=IDLE), waiting(labels, quiet_ms=IDLE))
    left, right = waiting(ended=False), waiting(ended=False)
    paced: list[Record] = []
    for queue, side in data.draw(st.permutations([(events, left)] * len(events) + [(labels, right)] * len(labels))):
        side.records.append(queue[len(side.records) + sum(one.topic == queue[0].topic for one in paced)])
        paced += take(left, right)
    left.ended = right.ended = True
    left.quiet_ms = right.quiet_ms = IDLE
    paced += take(left, right)
    assert order_of(paced) == order_of(preloaded)


def test_one_late_record_makes_those_before_it_not_astray() -> None:
    events = events_at([START + 60 * MINUTE, START, START + 61 * MINUTE])
    taken = take(waiting(events, quiet_ms=IDLE), waiting(labels_at(minutes(30)), quiet_ms=IDLE))
    assert order_of(taken)[0] == ("labels", 0)


def test_what_could_be_astray_is_looked_at_before_the_other_side_goes_ahead() -> None:
    left, right = waiting(events_at(minutes(60)), ended=False), waiting(labels_at(minutes(30)))
    assert take(left, right) == []
    left.ended = True
    assert order_of(take(left, right)) == [("labels", 0)]


@given(MINUTES, MINUTES, st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=30), st.integers(1, 9))
def test_paced_gives_the_order_of_preloaded(
    event_minutes: list[int], label_minutes: list[int], arrivals: list[tuple[int, int]], limit: int
) -> None:
    events = records(*(bought(n, at=START + m * MINUTE) for n, m in enumerate(event_minutes)))
    labels = records(*(judged(n, known_at=START + m * MINUTE) for n, m in enumerate(label_minutes)), topic="labels")
    preloaded = take(waiting(events, quiet_ms=IDLE), waiting(labels, quiet_ms=IDLE))
    assert len(preloaded) == len(events) + len(labels)

    left, right = waiting(ended=False), waiting(ended=False)
    coming = deque(events), deque(labels)
    paced: list[Record] = []
    for counts in [*arrivals, (len(events), len(labels))]:
        for side, queue, count in zip((left, right), coming, counts, strict=True):
            for _ in range(min(count, len(queue))):
                side.records.append(queue.popleft())
        paced += take(left, right, limit)
    left.ended = right.ended = True
    left.quiet_ms = right.quiet_ms = IDLE
    while taken := take(left, right, limit):
        paced += taken
    assert order_of(paced) == order_of(preloaded)


def test_a_side_is_past_at_its_end_after_a_while_without_records() -> None:
    assert is_past(waiting(quiet_ms=IDLE), IDLE)
    assert not is_past(waiting(quiet_ms=IDLE - 1), IDLE)
    assert not is_past(waiting(ended=False, quiet_ms=IDLE), IDLE)
    assert not is_past(waiting(records(bought(0)), quiet_ms=IDLE), IDLE)


def test_a_record_without_a_time_is_taken_at_once() -> None:
    nameless: dict[str, Any] = {"who": "anna", "at": "some day"}
    odd = [
        record({"reason": "undecodable", "detail": ""}, kind=POISON),
        record(nameless, kind=JSON),
        record({"who": "anna"}, kind=JSON),
    ]
    assert take(waiting(odd), waiting()) == odd


def test_json_times_count_as_avro_times_do() -> None:
    events = waiting([record(bought(0) | {"at": "2024-10-04T00:00:00Z"}, kind=JSON)])
    labels = waiting([record(judged(0, known_at=START), "labels")])
    assert [one.topic for one in take(events, labels)] == ["labels"]
