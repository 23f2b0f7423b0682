"""Every raw record is in the log in its place, or accounted for elsewhere."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.cli.domain.intake import Identity, Intake, moved_from
from services.cli.domain.invariant import Invariant
from services.cli.domain.settled import Settled
from services.contracts.pipeline import Pipeline
from services.contracts.record import JSON, POISON, Record
from tests.unit.cli.domain.world import PIPELINE, event, label, record

TICK = "driftmill.Tick"


def order(number: int, offset: int, kind: str = "small.Order") -> Record:
    return record("events.raw", kind, offset, {"order_id": f"o{number}", "at": number, "shop": "shop1"})


def back(number: int, offset: int, topic: str = "labels", kind: str = "small.Return") -> Record:
    return record(topic, kind, offset, {"order_id": f"o{number}", "returned": True, "known_at": 1})


def tick(topic: str, offset: int, time: int = 7) -> Record:
    return record(topic, TICK, offset, {"time": time})


EVENTS = [
    order(0, 0),
    order(1, 1, JSON),
    back(0, 2, "events.raw", JSON),
    tick("events.raw", 3),
    order(9, 4),
    order(2, 6),
]
LABELS = [tick("labels", 0), back(1, 1), back(2, 5)]
LOG = [
    event(0),
    label(1, 1),
    event(1, 2),
    label(0, 3),
    tick("events", 4),
    tick("events", 5, 99),
    event(2, 6),
    label(2, 7),
]
REFUSED = (("events.raw", 4),)


def judged(
    log: Sequence[Record] = LOG,
    events: Sequence[Record] = EVENTS,
    labels: Sequence[Record] = LABELS,
    refused: Sequence[tuple[str, int]] = REFUSED,
    **options: Any,
) -> Invariant:
    found = Invariant("accounted", "")
    settled = {"events.raw": Settled(), "labels": Settled()}
    for topic, offset in refused:
        settled[topic].mark(offset)
    raws = {"events.raw": iter(events), "labels": iter(labels)}
    late = options.get("late", frozenset())
    intake = Intake(Identity(PIPELINE), raws, settled, late, found)
    for one in log:
        intake.take(one)
    intake.finish(options.get("committed", {"events.raw": 100, "labels": 100}))
    return found


def test_a_healthy_log() -> None:
    found = judged()
    assert (found.holds, found.checked, found.pending) == (True, len(EVENTS) + len(LABELS), 0)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"log": LOG[:2] + LOG[3:]},
        {"log": LOG[:-1]},
        {"log": [*LOG, event(8, 9)]},
        {"refused": ()},
        {"refused": (*REFUSED, ("events.raw", 6))},
        {"events": [*EVENTS, record("events.raw", POISON, 9, {})]},
        {"labels": LABELS[:2]},
    ],
    ids=["lost inside", "lost at the end", "from nowhere", "forgotten", "twice", "poison passed over", "no cause"],
)
def test_what_is_wrong_is_found(spoiled: dict[str, Any]) -> None:
    assert judged(**spoiled).broken == 1


def test_an_order_that_is_not_the_raw_ones_is_found() -> None:
    assert not judged([LOG[2], *LOG[:2], *LOG[3:]]).holds


def test_what_validation_has_not_come_to_is_pending() -> None:
    found = judged(LOG[:-2], committed={"events.raw": 6, "labels": 2})
    assert (found.holds, found.pending) == (True, 2)


def test_a_raw_topic_whose_beginning_is_gone_says_nothing_of_the_records_before() -> None:
    assert judged(events=EVENTS[1:], late=frozenset({"events.raw"})).holds
    assert not judged(LOG[:6] + LOG[7:], events=EVENTS[1:], late=frozenset({"events.raw"})).holds


def test_where_a_moved_record_stood() -> None:
    moved = Record("events.raw", 1, 7, 0, "", "", {}, (("x", b""), ("dm-moved", b"labels/0/12")))
    assert moved_from(moved) == ("labels", 0, 12)
    assert moved_from(order(0, 0)) is None


def test_labels_by_rule_come_from_no_raw_topic() -> None:
    texts = dict(PIPELINE.texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(
        "label: {", "label: {rule: {when: amount > 5, within: 1h}, ", 1
    )
    found = Invariant("accounted", "")
    raws = {"events.raw": iter([order(0, 0), order(1, 1)]), "labels": iter([back(7, 0)])}
    refused = Settled()
    refused.mark(0)
    intake = Intake(
        Identity(Pipeline.from_texts(texts)), raws, {"events.raw": Settled(), "labels": refused}, frozenset(), found
    )
    for one in (event(0), event(1, 1), label(0, 2), label(1, 3)):
        intake.take(one)
    intake.finish({"events.raw": 2, "labels": 1})
    assert (found.holds, found.pending) == (True, 0)
