from collections import deque
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.step import Waiting
from services.contracts.record import JSON, POISON, Record
from services.validation.domain.intake import Intake
from services.validation.domain.merge import is_past, take_merged
from tests.unit.validation.scene import MINUTE, START, bought, judged, pipeline, record, records, waiting

KNOWN_AT = Intake(pipeline()).known_at
IDLE = 5_000.0
MINUTES = st.lists(st.integers(0, 50), max_size=25)


def order_of(taken: list[Record]) -> list[tuple[str, int]]:
    return [(one.topic, one.offset) for one in taken]


def take(events: Waiting, labels: Waiting, limit: int = 1000) -> list[Record]:
    return take_merged(events, labels, KNOWN_AT, limit, IDLE)


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
