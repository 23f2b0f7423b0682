"""The chain of revisions of each event's outcome."""

from array import array

from services.cli.domain.event_ledger import EventLedger, identity
from services.cli.domain.invariant import Invariants
from services.contracts.record import Record

_ORPHAN = -1


class Revisions:
    """Outcomes of one partition, by the number of their event. maturity: after so long none may be without, in µs."""

    def __init__(self, ledger: EventLedger, maturity: int, invariants: Invariants) -> None:
        self._ledger, self._maturity, self._invariants = ledger, maturity, invariants
        self._next = array("H", bytes(2 * len(ledger)))
        self._watermark = 0

    def take(self, record: Record) -> None:
        """The next outcome, or the mark of how far time has come."""
        if record.kind == "driftmill.CohortMatured":
            self._watermark = max(self._watermark, record.value["watermark"])
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
        ledger, latest = self._ledger, self._watermark - self._maturity
        for place, revisions in enumerate(self._next):
            if not revisions and ledger.identities[place] and ledger.times[place] <= latest:
                seq = (ledger.first or 0) + place
                self._invariants.restated.breaks(f"event {seq} has no outcome though its time for one is over")
