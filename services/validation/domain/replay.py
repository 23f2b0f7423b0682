"""Rebuilds a ledger from the log that validation wrote."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.entries import Changes
from services.contracts.ledger import Ledger as Book
from services.contracts.record import Record
from services.validation.domain.contract import Contract
from services.validation.domain.labelling import Labelling
from services.validation.domain.ledger import Entered, Ledger
from services.validation.domain.pending import PendingDraft
from services.validation.domain.rekeying import INDEX, Rekeying, is_told
from services.validation.domain.windows import WindowBatch

_EVENT = "driftmill.EventAccepted"
_REFUSED = "driftmill.RecordQuarantined"


class Replay:
    """Enters what validation wrote into a ledger as its writing did: accepted records, and refused ones, in whatever
    order these topics come.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def fold(self, ledger: Ledger, batch: Sequence[Record]) -> None:
        """Bring the ledger forward by the next records of the log."""
        contract = self._contract
        entries = ledger.begin()
        rekeying = Rekeying.of(contract, ledger.pending, ledger.partition)
        waiting = None if contract.labelling is None else _Waiting(contract.labelling, ledger.pending, batch)
        windows = WindowBatch(ledger.windows, contract.profiled, contract.window, ledger.partition)
        for record in _accepted(windows, batch):
            if rekeying is not None and record.topic == INDEX:
                if is_told(record):
                    list(rekeying.follow(record))  # what came of it was written
                continue
            if record.kind == "driftmill.LabelAccepted":
                self._label(entries, record.value)
                continue
            if record.kind == _EVENT:
                _event(entries, windows, record.value)
            elif record.kind == "driftmill.Tick":
                entries.watermark.update_tick(record.value["time"])
            if waiting is not None:
                waiting.follow(record, entries.watermark.value)
            windows.close(entries.watermark.value)
        pending = {} if waiting is None else waiting.changed
        ledger.apply(entries.change(windows.change(), pending if rekeying is None else rekeying.changed))

    def _label(self, entries: Entered, value: Mapping[str, Any]) -> None:
        source = self._contract.label_source(value["payload"])
        entries.add_label((value["event_id"], value["label"], value["known_at"], source))


class _Waiting:
    """Which events wait for later ones to label them. What became of the others is in the log, too."""

    def __init__(self, rule: Labelling, pending: Book, batch: Sequence[Record]) -> None:
        payloads = [record.value["payload"] for record in batch if record.kind == _EVENT]
        self._rule, self._draft = rule, PendingDraft(pending, rule)
        self._fulfilled = iter(rule.fulfilled(payloads))
        self._draft.load(list(map(rule.waiting, payloads)))

    @property
    def changed(self) -> Changes:
        """The entries that differ."""
        return self._draft.changed

    def follow(self, record: Record, watermark: int | None) -> None:
        """Bring it forward by the next event or tick, after which the watermark is there."""
        self._draft.expire(watermark)
        if record.kind == _EVENT:
            self._draft.enter(self._rule.waiting(record.value["payload"]), next(self._fulfilled))


def _event(entries: Entered, windows: WindowBatch, value: Mapping[str, Any]) -> None:
    seq = entries.add_event(value["event_id"], value["event_time"], value["appended_at"])
    windows.update(value["event_time"], seq, value["payload"])


def _accepted(windows: WindowBatch, batch: Sequence[Record]) -> list[Record]:
    """All but refused records, of which the events are counted."""
    for value in (record.value for record in batch if record.kind == _REFUSED):
        if value["kind"] == "event":
            first = value["reasons"][0]
            windows.refused(value["window_start"], (first["field"], first["rule"]))
    return [record for record in batch if record.kind != _REFUSED]
