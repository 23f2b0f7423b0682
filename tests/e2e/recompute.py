"""What must follow from a log, computed again from the topics in one go, without services, batches or restarts."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from services.chassis.step import Waiting
from services.contracts.record import Record
from services.kernel.computer import FeatureComputer, Records
from services.kernel.vector import pack, unpack
from services.outcomes.step import OutcomesStep
from tests.platform import Platform

EVENT, LABEL, TICK = "driftmill.EventAccepted", "driftmill.LabelAccepted", "driftmill.Tick"
FORWARDED, FORWARDED_LABEL = "driftmill.EventForwarded", "driftmill.LabelForwarded"
EVENTS, LABELS = (EVENT, FORWARDED), (LABEL, FORWARDED_LABEL)
Answered = Mapping[str, tuple[bytes, tuple[str, ...]]]
"""Event id to packed numbers and categories."""


def partitioned(records: Sequence[Record]) -> dict[int, list[Record]]:
    """Records by partition, in order."""
    found: dict[int, list[Record]] = {}
    for record in sorted(records, key=lambda record: (record.partition, record.offset)):
        found.setdefault(record.partition, []).append(record)
    return found


def log_of(platform: Platform) -> dict[int, list[tuple[str, dict[str, Any]]]]:
    """The log of each partition: kinds and values, but for when the broker got them."""
    return {
        partition: [(one.kind, {k: v for k, v in one.value.items() if k != "appended_at"}) for one in records]
        for partition, records in partitioned(platform.read("events")).items()
    }


def verdicts_of(platform: Platform) -> list[tuple[str, str, int, str]]:
    """Kind, id, time and reasons of all that was refused, sorted; without when the broker got it."""
    return sorted(
        (one.value["kind"], str(one.value["event_id"]), one.value["event_time"] or 0, _told(one.value["reasons"]))
        for one in platform.read("events.quarantined")
    )


def _told(reasons: Sequence[Mapping[str, str]]) -> str:
    return repr([dict(reason) | ({"expected": ""} if reason["rule"] == "future" else {}) for reason in reasons])


def vectors_of(platform: Platform) -> Answered:
    """The features as they were published. Fails if an event has two."""
    records = platform.read("features")
    found = {one.value["event_id"]: (one.value["numbers"], tuple(one.value["categories"])) for one in records}
    assert len(found) == len(records)
    return found


def recomputed_vectors(platform: Platform) -> Answered:
    """The features of the whole log, entity by entity, each in the order in which it was committed.

    The order of what passes between stages is taken from their topics, what they compute is not.
    """
    found: dict[str, bytes] = {}
    answered: dict[str, tuple[bytes, tuple[str, ...]]] = {}
    for place, entity in enumerate(platform.pipeline.resolved.chain):
        computer, found_before, found = FeatureComputer(platform.pipeline, place), found, {}
        for records in partitioned(platform.read(entity.stage if place else "events")).values():
            kinds = (EVENT, LABEL, FORWARDED, *((FORWARDED_LABEL,) if entity.reads_labels else ()))
            used = _first_labels(
                [one for one in records if one.kind in kinds and (one.key or one.kind != FORWARDED_LABEL)]
            )
            events = [one for one in used if one.kind in EVENTS]
            batch = _records(used)
            if place:
                numbers = [found_before[one.value["event_id"]] for one in events]
                batch = replace(batch, earlier=unpack(numbers, computer.earlier))
            computed = computer.compute(computer.new_state(), batch)
            found |= zip((one.value["event_id"] for one in events), pack(computed.numbers), strict=True)
            if computed.categories:
                categories = zip((one.value["event_id"] for one in events), computed.categories, strict=True)
                answered |= {event_id: (found[event_id], tuple(texts)) for event_id, texts in categories}
    return answered


def _first_labels(records: Sequence[Record]) -> list[Record]:
    labelled: set[str] = set()
    kept = []
    for one in records:
        if one.kind in LABELS and one.value["event_id"] in labelled:
            continue
        if one.kind in LABELS:
            labelled.add(one.value["event_id"])
        kept.append(one)
    return kept


def _records(used: Sequence[Record]) -> Records:
    times = [one.value["event_time" if one.kind in EVENTS else "known_at"] for one in used]
    return Records(
        keys=[one.key for one in used],
        kinds=np.array([one.kind in LABELS for one in used], np.int8),
        times=np.array(times, np.int64),
        events=[one.value["payload"] for one in used if one.kind in EVENTS],
        labels=[one.value["payload"] for one in used if one.kind in LABELS],
    )


def outcomes_of(platform: Platform) -> dict[int, list[tuple[str, str, Any]]]:
    """What the topic of outcomes holds: key, kind and value, by partition."""
    by_partition = partitioned(platform.read("outcomes"))
    return {number: [(one.key, one.kind, one.value) for one in records] for number, records in by_partition.items()}


def recomputed_outcomes(platform: Platform) -> dict[int, list[tuple[str, str, Any]]]:
    """What the join makes of the whole log and its answers at once."""
    step = OutcomesStep(platform.pipeline)
    inputs = {topic: partitioned(platform.read(topic)) for topic in step.inputs}
    found = {}
    for number in inputs["events"]:
        state = step.new_state(number)
        waiting = {topic: Waiting(deque(records.get(number, ()))) for topic, records in inputs.items()}
        outputs = step.process(state, step.take(state, waiting, 1_000_000)).outputs
        found[number] = [(one.key, one.kind, one.value) for one in outputs if one.topic == "outcomes"]
        assert not any(side.records for side in waiting.values())
    return found
