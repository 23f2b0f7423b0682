"""Rebuilds a ledger from the log that validation wrote."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.record import Record
from services.validation.domain.contract import Contract
from services.validation.domain.ledger import Entered, Ledger
from services.validation.domain.windows import WindowBatch


class Replay:
    """Enters records of `events` into a ledger as their acceptance did."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def fold(self, ledger: Ledger, batch: Sequence[Record]) -> None:
        """Bring the ledger forward by the next records of the log."""
        contract = self._contract
        entries = ledger.begin()
        windows = WindowBatch(ledger.windows, contract.profiled, contract.window, ledger.partition)
        for record in batch:
            if record.kind == "driftmill.LabelAccepted":
                self._label(entries, record.value)
                continue
            if record.kind == "driftmill.EventAccepted":
                _event(entries, windows, record.value)
            elif record.kind == "driftmill.Tick":
                entries.watermark.update_tick(record.value["time"])
            windows.close(entries.watermark.value)
        ledger.apply(entries.change(windows.change()))

    def _label(self, entries: Entered, value: Mapping[str, Any]) -> None:
        source = self._contract.label_source(value["payload"])
        entries.add_label((value["event_id"], value["label"], value["known_at"], source))


def _event(entries: Entered, windows: WindowBatch, value: Mapping[str, Any]) -> None:
    seq = entries.add_event(value["event_id"], value["event_time"], value["appended_at"])
    windows.update(value["event_time"], seq, value["payload"])
