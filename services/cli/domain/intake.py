"""Which raw record each record of a partition's log came from.

The log is a merge of two raw topics, and of labels from an index, each in its own order, without what was refused,
given up or moved. So the next record of the log is the next one left of one of them.
"""

from collections import deque
from collections.abc import Iterator, Mapping

from services.cli.domain.invariant import Invariant
from services.cli.domain.settled import Settled
from services.contracts.pipeline import Pipeline
from services.contracts.record import JSON, POISON, Record

EVENT, LABEL, TICK = "driftmill.EventAccepted", "driftmill.LabelAccepted", "driftmill.Tick"
MOVED = "dm-moved"
"""Header of a raw record that validation sent to its own partition: where it stood before."""
INDEX, REKEYED = "labels.index", "dm-rekeyed"
"""What labels without an entity pass by, and the header of those that come from there."""
_SEARCHED = 1_000

Cause = tuple[str, str | int] | None
"""What a record is and which: an event or a label by its event's id, a tick by its time. None for nobody knows."""


class Identity:
    """Tells what a raw record is by the pipeline's own files."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._label_kind = pipeline.resolved.label_record_name
        self._event_id, self._time = pipeline.event.id, pipeline.event.time.field
        self._label_id, self._target = pipeline.label.id or pipeline.event.id, pipeline.label.target.field
        self._makes_labels = pipeline.label.rule is not None

    def is_made(self, record: Record) -> bool:
        """Whether validation makes such a record of the log of others that are in it."""
        return self._makes_labels and record.kind == LABEL

    def of_raw(self, record: Record) -> Cause:
        """The cause that a raw record would be."""
        value = record.value
        if record.kind == POISON:
            return None
        if record.kind == TICK:
            return "tick", value["time"]
        is_label = record.kind == self._label_kind
        if record.kind == JSON:
            is_label = record.topic == "labels" or (self._target in value and self._time not in value)
        found = value.get(self._label_id if is_label else self._event_id)
        return None if found is None else ("label" if is_label else "event", str(found))


def cause_of(record: Record) -> Cause:
    """The cause that a record of the log must have had."""
    if record.kind == TICK:
        return "tick", record.value["time"]
    return "event" if record.kind == EVENT else "label", record.value["event_id"]


def moved_from(record: Record) -> tuple[str, int, int] | None:
    """Topic, partition and offset at which a raw record stood before it was moved; None if it wasn't."""
    position = next((data for name, data in record.headers if name == MOVED), None)
    if position is None:
        return None
    topic, partition, offset = position.decode().split("/")
    return topic, int(partition), int(offset)


class Side:
    """What is left of one raw topic: the first few, and the rest behind them."""

    def __init__(self, records: Iterator[Record], settled: Settled, begins_late: bool) -> None:
        self._records, self._settled = records, settled
        self.begins_late = begins_late
        self.next: deque[Record] = deque()
        self.seen = 0

    def fill(self, count: int) -> bool:
        """Look `count` records ahead; whether there are so many."""
        while len(self.next) < count:
            record = next(self._records, None)
            if record is None:
                return False
            self.seen += 1
            # ticks only tell how far labels are; what the index is told comes to nothing here
            is_word = record.topic == "labels" and record.kind == TICK
            is_word |= record.topic == INDEX and all(name != REKEYED for name, _ in record.headers)
            if record.offset not in self._settled and not is_word:
                self.next.append(record)
        return True


class Intake:
    """One partition. raws: records of `events.raw` and `labels` in order. settled: what is accounted for elsewhere.

    begins_late: topics whose first records are gone, so that the log may begin before them.
    """

    def __init__(
        self,
        identity: Identity,
        raws: Mapping[str, Iterator[Record]],
        settled: Mapping[str, Settled],
        begins_late: frozenset[str],
        accounted: Invariant,
    ) -> None:
        self._identity, self._accounted = identity, accounted
        self._sides = {topic: Side(raws[topic], settled[topic], topic in begins_late) for topic in raws}

    def take(self, record: Record) -> None:
        """The next record of the log."""
        if self._identity.is_made(record):
            return
        cause = cause_of(record)
        for ahead in (1, _SEARCHED):
            for side in self._sides.values():
                if self._find(side, cause, ahead):
                    return
            if record.kind == TICK or any(side.begins_late for side in self._sides.values()):
                return  # of the clock's making, or from before what is kept
        self._accounted.breaks(
            f"events[{record.partition}]@{record.offset}: {cause} is in no raw topic where it must be"
        )

    def _find(self, side: Side, cause: Cause, ahead: int) -> bool:
        side.fill(ahead)
        place = next((n for n, raw in enumerate(side.next) if n < ahead and self._identity.of_raw(raw) == cause), None)
        if place is None:
            return False
        for _ in range(place):
            self._lost(side.next.popleft())
        side.next.popleft()
        side.begins_late = False
        return True

    def _lost(self, raw: Record) -> None:
        where = f"{raw.topic}[{raw.partition}]@{raw.offset}"
        self._accounted.breaks(f"{where}: {self._identity.of_raw(raw)} is neither accepted nor refused in its place")

    def finish(self, committed: Mapping[str, int]) -> None:
        """The log has ended. committed: next offset of each raw topic that validation works on; what is left is due
        only before it."""
        for topic, side in self._sides.items():
            while side.fill(1):
                raw = side.next.popleft()
                if raw.offset < committed.get(topic, 0):
                    self._lost(raw)
                else:
                    self._accounted.pending += 1
            self._accounted.checked += side.seen
