"""The chain of revisions of each event's outcome."""

from array import array

from services.cli.domain.event_ledger import EventLedger, identity
from services.cli.domain.invariant import Invariants
from services.contracts.record import Record

_ORPHAN = -1


class Revisions:
    """Outcomes of one partition, by the number of their event."""

    def __init__(self, ledger: EventLedger, invariants: Invariants) -> None:
        self._ledger, self._invariants = ledger, invariants
        self._next = array("H", bytes(2 * len(ledger)))
        self._matured = _ORPHAN

    def take(self, record: Record) -> None:
        """The next outcome, or the mark of how far they are final."""
        if record.kind == "driftmill.CohortMatured":
            self._matured = max(self._matured, record.value["matured_seq"])
        elif record.value["seq"] != _ORPHAN:
            self._restated(record)

    def _restated(self, record: Record) -> None:
        seq, revision = record.value["seq"], record.value["revision"]
        where, place = f"outcomes[{record.partition}]@{record.offset}", self._ledger.place(seq)
        self._invariants.restated.checked += 1
        if place is None or self._ledger.identities[place] != identity(record):
            self._invariants.caused.breaks(f"{where}: {record.value['event_id']} is not event {seq} of the log")
            return
        if revision != self._next[place]:
            self._invariants.restated.breaks(
                f"{where}: revision {revision} of event {seq}, expected {self._next[place]}"
            )
        self._next[place] = revision + 1

    def finish(self) -> None:
        """All were taken."""
        first = self._ledger.first or 0
        for place in range(min(self._matured + 1 - first, len(self._next))):
            if not self._next[place]:
                self._invariants.restated.breaks(f"event {first + place} is said to be final without an outcome")
