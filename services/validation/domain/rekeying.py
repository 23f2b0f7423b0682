"""Labels without their entity find it through an index of events by their ids, and are sent to where they belong.

Validation tells the index of each event that it accepts, in the partition where the event's id belongs, and of how far
each partition is in time. Labels that name no entity are sent there too; each goes on to the partition of its event,
where it is judged, as soon as that is known. It goes by the topic of the index, and not behind all raw labels that wait
there already and may have become known later.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from services.contracts.ledger import Ledger
from services.contracts.record import Output, Record
from services.validation.domain.contract import Contract
from services.validation.domain.index import IndexDraft, Indexing, Unkeyed
from services.validation.domain.reason import Reason

INDEX = "labels.index"
MOVED = "dm-moved"
"""Header of a record that was sent to another partition: where it stood before, `topic/partition/offset`."""
REKEYED = "dm-rekeyed"
"""Header of a label on its way from the index: it belongs to the entity that the key of its record names."""

_EVENT, _REACHED = "driftmill.EventIndexed", "driftmill.PartitionReached"


def is_told(record: Record) -> bool:
    """Whether a record tells the index of an event, of the time, or of a label that looks for its event."""
    return record.topic == INDEX and not is_rekeyed(record)


def is_rekeyed(record: Record) -> bool:
    """Whether a record is a label from the index."""
    return any(name == REKEYED for name, _ in record.headers)


def moved_from(record: Record) -> tuple[str, bytes]:
    """The header of what is sent on in place of a record."""
    return MOVED, f"{record.topic}/{record.partition}/{record.offset}".encode()


class Rekeying:
    """What one batch of one partition makes of the index."""

    def __init__(self, contract: Contract, indexing: Indexing, ledger: Ledger, partition: int) -> None:
        self._contract, self._indexing, self._partition = contract, indexing, partition
        self._field, self._known = contract.label_event_id, contract.label_known
        self._draft = IndexDraft(ledger, indexing)

    @classmethod
    def of(cls, contract: Contract, ledger: Ledger, partition: int) -> "Rekeying | None":
        """None where labels find their event without an index."""
        return None if contract.indexing is None else cls(contract, contract.indexing, ledger, partition)

    @property
    def changed(self) -> dict[bytes, bytes | None]:
        """The entries that differ."""
        return self._draft.changed

    def load(self, records: Iterable[Record]) -> None:
        """Have at hand what these ask for."""
        self._draft.load([record.key for record in records if record.kind != _REACHED])

    def follow(self, record: Record) -> Iterator[Output]:
        """What comes of the next record of the index."""
        if record.kind == _EVENT:
            value = record.value
            home = self._contract.home(value["entity"])
            for label in self._draft.enter(value["event_id"], value["entity"], value["event_time"], home):
                yield self._sent(label, value["entity"], None)
        elif record.kind == _REACHED:
            for label in self._draft.reach(record.value["partition"], record.value["watermark"]):
                yield self._refused(label)
        else:
            yield from self._place(record)

    def event(self, event_id: str, entity: str, time: int, source: Record) -> Output:
        """Tells the index of an accepted event."""
        value = {"event_id": event_id, "entity": entity, "event_time": time}
        return Output(INDEX, event_id, _EVENT, value, self._contract.home(event_id), source)

    def label(self, record: Record, kind: str, payload: Any) -> Output:
        """Sends a label to where the index knows of its event."""
        event_id = str(payload[self._field])
        return Output(INDEX, event_id, kind, payload, self._contract.home(event_id), record, (moved_from(record),))

    def reached(self, before: int | None, watermark: int | None) -> list[Output]:
        """Tells all of the index that time has passed, once for each slot."""
        slot = self._indexing.slot
        if watermark is None or (before is not None and before // slot == watermark // slot):
            return []
        value = {"partition": self._partition, "watermark": watermark}
        key = str(self._partition)
        return [Output(INDEX, key, _REACHED, value, number) for number in range(self._indexing.partitions)]

    def _place(self, record: Record) -> Iterator[Output]:
        payload = dict(record.value)
        raw_value = None if self._contract.masks else record.raw_value
        event_id, known_at = str(payload[self._field]), payload[self._known]
        label = Unkeyed(event_id, known_at, record.kind, payload, record.offset, record.raw_key, raw_value)
        entity = self._draft.entity_of(label.event_id)
        if entity is not None:
            yield self._sent(label, entity, record)
        elif not self._draft.wait(label):
            yield self._refused(label)

    def _sent(self, label: Unkeyed, entity: str, source: Record | None) -> Output:
        headers = (MOVED, f"{INDEX}/{self._partition}/{label.offset}".encode()), (REKEYED, b"")
        return Output(INDEX, entity, label.kind, label.payload, self._contract.home(entity), source, headers)

    def _refused(self, label: Unkeyed) -> Output:
        reason = Reason(self._field, "unknown", "an event that is known by maturity after the label", label.event_id)
        value = {
            "kind": "label",
            "event_id": label.event_id,
            "event_time": None,
            "reasons": [reason.to_record()],
            "source_topic": INDEX,
            "source_partition": self._partition,
            "source_offset": label.offset,
            "raw_key": label.raw_key,
            "raw_value": label.raw_value,
            "window_start": None,
        }
        kind = "driftmill.RecordQuarantined"
        return Output("events.quarantined", label.event_id, kind, value, self._partition)
