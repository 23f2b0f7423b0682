"""What follows from the events of one partition, one for each: records passed on, vectors, predictions."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cli.domain.besides import Besides
from services.cli.domain.event_ledger import EventLedger, identity
from services.cli.domain.invariant import Invariants
from services.cli.domain.recompute import fingerprint
from services.contracts.partition import partition_of
from services.contracts.record import Record

_NO_FEATURES = fingerprint(b"", ())


@dataclass(frozen=True, slots=True)
class Where:
    """One topic of answers, and the partition of the log to whose events they answer.

    feature_set: only vectors of this one can be recomputed. is_ordered: whether answers come in the order of events; an
    event of several entities may be overtaken on its way from one to the next.
    """

    topic: str
    number: int
    partitions: int
    feature_set: str
    is_ordered: bool = True


class Answers:
    """One answer to each event.

    due: 1 for each event that must have its answer. worked: next offset of each partition of these answers that the
    service after them works on. due_next: 1 for each event whose answer lies before it. besides: of predictions.
    """

    def __init__(
        self,
        ledger: EventLedger,
        due: bytearray,
        worked: Mapping[int, int],
        place: Where,
        invariants: Invariants,
        besides: Besides | None = None,
    ) -> None:
        self._ledger, self._due, self._worked, self._where = ledger, due, worked, place
        self._invariants, self._besides = invariants, besides
        self._counts = bytearray(len(ledger))
        self._last = -1
        self.due_next = bytearray(len(ledger))

    def take(self, record: Record) -> None:
        """The next answer."""
        seq, where = record.value["seq"], f"{record.topic}[{record.partition}]@{record.offset}"
        place = self._ledger.place(seq)
        self._invariants.caused.checked += 1
        if place is None or self._ledger.identities[place] != identity(record):
            self._invariants.caused.breaks(f"{where}: {record.value['event_id']} is not event {seq} of the log")
            return
        if self._counts[place]:
            self._invariants.answered.breaks(f"{where}: event {seq} is answered again")
            return
        self._counts[place] = 1
        self.due_next[place] = record.offset < self._worked[record.partition]
        self._check_order(record, seq, where)
        self._check_vector(record, place, where)
        if self._besides is not None:
            self._besides.expect(place, record)

    def _check_order(self, record: Record, seq: int, where: str) -> None:
        ordered = self._invariants.ordered
        ordered.checked += 1
        if self._where.is_ordered and seq < self._last:
            ordered.breaks(f"{where}: event {seq} after {self._last}")
        if record.raw_key and partition_of(record.raw_key, self._where.partitions) != record.partition:
            ordered.breaks(f"{where}: {record.key} belongs to another partition")
        self._last = max(seq, self._last)

    def _check_vector(self, record: Record, place: int, where: str) -> None:
        value = record.value
        is_ours = value.get("feature_set", self._where.feature_set) == self._where.feature_set
        if not self._ledger.vectors or not is_ours:
            return
        if value.get("error") is not None:
            # an event whose features have failed is answered without any
            self._ledger.vectors[place] = _NO_FEATURES
        self._invariants.recomputed.checked += 1
        if fingerprint(value["numbers"], value.get("categories", ())) != self._ledger.vectors[place]:
            self._invariants.recomputed.breaks(f"{where}: event {value['seq']} has other features")

    def finish(self) -> None:
        """All were taken."""
        answered, ledger = self._invariants.answered, self._ledger
        place_name = f"{self._where.topic}[{self._where.number}]"
        answered.checked += len(ledger)
        place = self._counts.find(0)
        while place != -1:
            if self._due[place]:
                answered.breaks(f"{place_name}: event {(ledger.first or 0) + place} has no answer")
            elif ledger.identities[place]:
                answered.pending += 1
            place = self._counts.find(0, place + 1)
