"""What predictions of one partition say of another model beside them, and what that model said."""

from array import array
from zlib import crc32

from services.cli.domain.event_ledger import EventLedger, identity
from services.cli.domain.invariant import Invariant
from services.contracts.record import Record

_NEVER = 0


class Besides:
    """One record of the other model for each prediction that names one, and no other.

    Both are written in one transaction, and what is read of `predictions.shadow` reaches at least as far.
    """

    def __init__(self, ledger: EventLedger, invariant: Invariant) -> None:
        self._ledger, self._invariant = ledger, invariant
        self._named = array("I")
        self._last = -1

    def expect(self, place: int, record: Record) -> None:
        """The next prediction. place: that of its event."""
        self._last = max(self._last, record.value["seq"])
        if beside := record.value.get("beside"):
            if not self._named:  # mostly no version is in flight
                self._named = array("I", bytes(4 * len(self._ledger)))
            self._named[place] = _fingerprint(beside)

    def take(self, record: Record) -> None:
        """The next record of what stands beside."""
        seq, where = record.value["seq"], f"{record.topic}[{record.partition}]@{record.offset}"
        place = self._ledger.place(seq)
        self._invariant.checked += 1
        if seq > self._last:
            self._invariant.pending += 1
        elif place is None or self._ledger.identities[place] != identity(record):
            self._invariant.breaks(f"{where}: {record.value['event_id']} is not event {seq} of the log")
        elif not self._named or self._named[place] != _fingerprint(record.value["model"]):
            self._invariant.breaks(
                f"{where}: no answer to event {seq} names {record.value['model']}, or it came before"
            )
        else:
            self._named[place] = _NEVER

    def finish(self) -> None:
        """All were taken."""
        for place, named in enumerate(self._named):
            if named != _NEVER:
                seq = (self._ledger.first or 0) + place
                self._invariant.breaks(f"event {seq}: what its prediction names beside it isn't in predictions.shadow")


def _fingerprint(model: str) -> int:
    return crc32(model.encode()) or 1
