"""What the log of a partition says of each event, by its number: a few bytes an event."""

from array import array
from zlib import crc32

from services.cli.domain.invariant import Invariants
from services.contracts.record import Record
from services.contracts.watermark import Watermark

_FORGET_EVERY = 10_000


def identity(record: Record) -> int:
    """Fingerprint of an event's id, key and time, which every answer to it repeats."""
    value = record.value
    return crc32(f"{value['event_id']}\0{value.get('key', record.key)}\0{value['event_time']}".encode())


class EventLedger:
    """Identities and times of the events of one partition. first: the number of the first one that is kept.

    worked: next offset of the log that features works on. due: 1 for each event before it, which must have its vector.
    vectors: fingerprints of the features as recomputed, by the same places; empty where they can't be.
    """

    def __init__(self, lateness: int, worked: int, invariants: Invariants) -> None:
        self._lateness, self._worked, self._invariants = lateness, worked, invariants
        self._watermark = Watermark()
        self._recent: dict[str, int] = {}
        self.first: int | None = None
        self.identities, self.times = array("I"), array("q")
        self.due = bytearray()
        self.vectors = array("I")

    def __len__(self) -> int:
        return len(self.identities)

    def place(self, seq: int) -> int | None:
        """Where an event's entries are; None if the log doesn't have it."""
        place = seq - (self.first or 0)
        return place if 0 <= place < len(self) else None

    def add(self, record: Record) -> bool:
        """The next accepted event; whether it was taken in."""
        seq, where = record.value["seq"], f"events[{record.partition}]@{record.offset}"
        if self.first is None:
            self.first = seq
        expected = self.first + len(self)
        self._invariants.numbered.checked += 1
        if seq != expected:
            self._invariants.numbered.breaks(f"{where}: event {seq}, expected {expected}")
        if seq < expected:
            return False
        self._skip(seq - expected)
        self._check_unique(record, where)
        self.identities.append(identity(record))
        self.times.append(record.value["event_time"])
        self.due.append(record.offset < self._worked)
        return True

    def enter(self, seq: int, vector: int) -> None:
        """The fingerprint of an event's vector, once a further entity has added its features."""
        place = self.place(seq)
        if place is not None:
            self.vectors[place] = vector

    def tick(self, time: int) -> None:
        """Time has passed."""
        self._watermark.update_tick(time)

    def _skip(self, count: int) -> None:
        """Numbers that the log doesn't have."""
        self.identities.extend([0] * count)
        self.times.extend([0] * count)
        self.vectors.extend([0] * count)
        self.due.extend(bytes(count))

    def _check_unique(self, record: Record, where: str) -> None:
        unique, event_id, time = self._invariants.unique, record.value["event_id"], record.value["event_time"]
        watermark = self._watermark.value
        unique.checked += 1
        if watermark is not None and time < watermark - self._lateness:
            unique.breaks(f"{where}: {event_id} is later than allowed")
        if event_id in self._recent:
            unique.breaks(f"{where}: {event_id} was accepted before")
        self._recent[event_id] = time
        self._watermark.update_event(time)
        if len(self) % _FORGET_EVERY == 0 and watermark is not None:
            self._recent = {one: at for one, at in self._recent.items() if at >= watermark - self._lateness}
