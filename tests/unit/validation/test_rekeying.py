"""Labels that name their event alone come to its partition, once, and are judged there."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.contracts.partition import partition_of
from services.contracts.record import JSON, Output, Record
from services.validation.domain.rekeying import INDEX, MOVED, REKEYED
from services.validation.step import LedgerState, ValidationStep
from tests.unit.validation import scene
from tests.unit.validation.scene import APPENDED, DAY, MINUTE, START, bought, judged, record, records, rules_of

PARTITIONS = 4
STEP = ValidationStep(scene.unkeyed(), PARTITIONS)
HOME = scene.home_of("anna", PARTITIONS)
INDEXED = partition_of(b"e0", PARTITIONS)
"""Where the index knows of event 0."""


def bare(number: int = 0, **changes: Any) -> dict[str, Any]:
    """The label of an event, without who bought."""
    label = judged(number, **changes)
    del label["who"]
    return label


def read(outputs: Sequence[Output], topic: str, partition: int) -> list[Record]:
    """What was written to a partition, as it is read again."""
    return [
        Record(one.topic, partition, place, APPENDED, one.key, one.kind, one.value or {}, one.headers, b"k", b"v")
        for place, one in enumerate(outputs)
        if (one.topic, one.partition) == (topic, partition)
    ]


def begun(partition: int) -> LedgerState:
    return STEP.new_state(partition)


def sent(label: dict[str, Any], **told: Any) -> list[Record]:
    """A label as the index gets it."""
    return read(scene.run(STEP, begun(2), [record(label, "labels", 17, 2, **told)]), INDEX, INDEXED)


def accepted(*numbers: int) -> list[Record]:
    """Events as the index of event 0 gets them."""
    events = records(*map(bought, numbers), partition=HOME)
    return read(scene.run(STEP, begun(HOME), events), INDEX, INDEXED)


def reached(time: int) -> list[Record]:
    kind = "driftmill.PartitionReached"
    values = [{"partition": number, "watermark": time} for number in range(PARTITIONS)]
    return [Record(INDEX, INDEXED, 9 + place, 0, "", kind, value) for place, value in enumerate(values)]


@pytest.mark.parametrize("kind", [None, JSON])
@pytest.mark.parametrize("waits", [False, True])
def test_a_label_goes_by_the_index_to_its_event(waits: bool, kind: str | None) -> None:
    label, event = sent(bare(), kind=kind), accepted(0)
    state, outputs = begun(INDEXED), list[Output]()
    for batch in (label, event) if waits else (event, label):
        outputs += scene.run(STEP, state, batch)
    (moved,) = outputs
    assert (moved.topic, moved.partition, moved.key, moved.value) == (INDEX, HOME, "anna", bare())
    assert label[0].headers == ((MOVED, b"labels/2/17"),)
    assert moved.headers == ((MOVED, f"labels.index/{INDEXED}/{label[0].offset}".encode()), (REKEYED, b""))
    home = begun(HOME)
    (found,) = scene.run(STEP, home, read([moved], INDEX, HOME))
    assert (found.kind, found.key, found.partition) == ("driftmill.LabelAccepted", "anna", HOME)
    assert (found.value or {})["event_id"] == "e0"
    (again,) = scene.run(STEP, home, read([moved], INDEX, HOME))
    assert rules_of(again) == {("", "duplicate")}


def test_a_label_whose_event_is_unknown_until_maturity_is_quarantined() -> None:
    state = begun(INDEXED)
    assert scene.run(STEP, state, sent(bare())) == []
    (refused,) = scene.run(STEP, state, reached(START + 5 * DAY))
    assert (refused.topic, refused.partition) == ("events.quarantined", INDEXED)
    assert rules_of(refused) == {("id", "unknown")}
    value = refused.value or {}
    assert (value["kind"], value["event_id"], value["raw_value"]) == ("label", "e0", b"v")
    assert (value["source_topic"], value["source_partition"], value["source_offset"]) == (INDEX, INDEXED, 0)
    (late,) = scene.run(STEP, state, sent(bare(bad=True)))
    assert rules_of(late) == {("id", "unknown")}
    assert scene.run(STEP, state, accepted(0)) == []


@pytest.mark.parametrize(
    ("label", "kind", "broken"),
    [
        (bare(id=""), None, ("id", "null")),
        (bare(known_at=APPENDED + 2 * scene.HOUR), None, ("known_at", "future")),
        (bare(bad="yes"), JSON, ("bad", "type")),
    ],
)
def test_a_label_that_is_wrong_is_refused_where_it_lies(
    label: dict[str, Any], kind: str | None, broken: tuple[str, str]
) -> None:
    (refused,) = scene.run(STEP, begun(2), [record(label, "labels", partition=2, kind=kind)])
    assert rules_of(refused) == {broken}


def test_the_index_is_told_of_accepted_events_and_of_each_slot_of_time() -> None:
    slot = -(-2 * DAY // 100)
    events = [bought(number, at=START + number * slot // 2) for number in range(8)]
    outputs = scene.run(STEP, begun(HOME), records(*events, bought(9, amount=-1.0), partition=HOME))
    told = [one for one in outputs if one.kind == "driftmill.EventIndexed"]
    assert [(one.key, one.partition) for one in told] == [
        (f"e{number}", partition_of(f"e{number}".encode(), PARTITIONS)) for number in range(8)
    ]
    assert (told[0].value or {}) == {"event_id": "e0", "entity": "anna", "event_time": START}
    marks = [one for one in outputs if one.kind == "driftmill.PartitionReached"]
    assert sorted({one.partition for one in marks}) == list(range(PARTITIONS))
    assert 3 <= len(marks) // PARTITIONS <= 4
    assert {(one.value or {})["partition"] for one in marks} == {HOME}
    ticked = scene.run(STEP, begun(0), records({"time": START}, {"time": START + MINUTE}))
    assert [one.topic for one in ticked].count(INDEX) == PARTITIONS


def test_what_comes_by_the_index_waits_behind_nothing() -> None:
    ours = [*accepted(0), *sent(bare())]
    later = records(*(bare(number) for number in range(1, 4)), topic="labels", partition=INDEXED)
    waiting = {"events.raw": scene.waiting(ended=False), "labels": scene.waiting(later), INDEX: scene.waiting(ours)}
    assert STEP.take(begun(INDEXED), waiting, 2) == ours
    assert [record.topic for record in waiting["labels"].records] == ["labels"] * 3
