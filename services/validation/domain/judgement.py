"""Judges the raw records of a batch, one after the other in the order of the log.

An event or a label is accepted, refused with every broken rule, or sent once to the partition where its entity belongs
and judged there. An event is too late when it lies more than the allowed lateness before the watermark, from the future
when it lies an hour after its append time.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.contracts.profile import profile_key
from services.contracts.record import Failure, Output, Record
from services.validation.domain.contract import Contract
from services.validation.domain.intake import AHEAD, Raw, Sort
from services.validation.domain.labelling import Labelling, Verdict
from services.validation.domain.ledger import Change, LabelKey, Ledger
from services.validation.domain.pending import PendingDraft
from services.validation.domain.reason import Reason
from services.validation.domain.refusal import believed_time, first_broken, quarantined
from services.validation.domain.rekeying import MOVED, Rekeying, is_rekeyed, moved_from
from services.validation.domain.unlisted import unlisted_profile
from services.validation.domain.windows import WindowBatch

MAX_RAW_BYTES = 100_000
"""Of a raw value: what becomes of it must still fit into a record, or its number would be lost from the log. Vectors,
answers and outcomes may hold several copies of a text."""

_EPOCH = datetime.fromtimestamp(0, UTC)


class Judgement:
    """One batch of one partition. `outputs` and `failures` are in the order of the records. unlisted: labels that say a
    class that isn't listed."""

    def __init__(self, contract: Contract, ledger: Ledger) -> None:
        self._contract = contract
        self._partition = ledger.partition
        self._entries = ledger.begin()
        self._windows = WindowBatch(ledger.windows, contract.profiled, contract.window, ledger.partition)
        rule = contract.labelling
        self._labelled = None if rule is None else (rule, PendingDraft(ledger.pending, rule))
        self._rekeying = Rekeying.of(contract, ledger.pending, ledger.partition)
        self._told = ledger.watermark.value
        self.outputs: list[Output] = []
        self.failures: list[Failure] = []
        self.unlisted = 0

    def prepare(self, raws: Iterable[Raw], indexed: Iterable[Record] = ()) -> None:
        """Look at all that will be judged at once, where events label each other, and at what the index is told."""
        if self._rekeying is not None:
            self._rekeying.load(indexed)
        if self._labelled is None:
            return
        rule, pending = self._labelled
        events = [raw for raw in raws if raw.sort is Sort.EVENT and raw.is_whole]
        for raw, fulfils in zip(events, rule.fulfilled([raw.payload for raw in events]), strict=True):
            raw.fulfils = fulfils
        pending.load([rule.waiting(raw.payload) for raw in events])

    def judge(self, raw: Raw) -> None:
        """Judge the next record; its reasons so far are those of its fields."""
        if raw.sort is Sort.TICK:
            self._tick_from(raw.record)
        elif len(raw.record.raw_value or b"") > MAX_RAW_BYTES:
            self._too_large(raw.record)
        elif self._is_at_home(raw):
            self._accept_or_refuse(raw)

    def index(self, record: Record) -> None:
        """Take in the next record of the index."""
        assert self._rekeying is not None
        self.outputs += self._rekeying.follow(record)

    def tick(self, time: int, source: Record | None = None) -> None:
        """Time has passed up to `time`."""
        self._entries.watermark.update_tick(time)
        self._label_unfulfilled(self._entries.next_seq - 1)
        key = "" if source is None else source.key
        self._write("events", key, "driftmill.Tick", {"time": time}, source)
        self._close_windows(is_told=source is not None)

    def change(self) -> Change:
        """What the batch makes of the ledger."""
        pending = {} if self._labelled is None else self._labelled[1].changed
        if self._rekeying is not None:
            pending = self._rekeying.changed
        return self._entries.change(self._windows.change(), pending)

    def _tick_from(self, record: Record) -> None:
        if record.topic == "labels":
            return  # it only tells the merge how far the labels are
        time = record.value["time"]
        if time > record.timestamp + AHEAD:
            self.failures.append(Failure(record, "failed", "a tick from more than an hour after its append time"))
        else:
            self.tick(time, record)

    def _too_large(self, record: Record) -> None:
        detail = f"{len(record.raw_value or b'')} bytes; at most {MAX_RAW_BYTES}"
        kept = record._replace(raw_value=None) if self._contract.masks else record
        self.failures.append(Failure(kept, "too_large", detail))

    def _is_at_home(self, raw: Raw) -> bool:
        """Whether the record is to be judged here; it is sent on otherwise."""
        contract, record = self._contract, raw.record
        entity = self._entity(raw)
        if entity is None:
            return self._rekeying is None or not self._send_to_index(self._rekeying, raw)
        home = contract.home(entity)
        if home == record.partition:
            return True
        moved = any(name == MOVED for name, _ in record.headers)
        if moved:
            where = f"partition {record.partition}"
            field = contract.label_entity if raw.sort is Sort.LABEL else contract.entity
            raw.reasons.append(Reason(field or "", "key", f"partition {home} of {contract.partitions}", where))
        if moved or not raw.is_whole:
            return True  # one that couldn't be read whole can't be written again either
        sent = Output(record.topic, entity, raw.kind, raw.payload, home, record, (moved_from(record),))
        self.outputs.append(sent)
        return False

    def _entity(self, raw: Raw) -> str | None:
        """The key of the entity that a record is about; None if it doesn't say, or not yet."""
        field = self._contract.label_entity if raw.sort is Sort.LABEL else self._contract.entity
        if field is None:
            return raw.record.key if is_rekeyed(raw.record) else None
        entity = raw.payload.get(field)
        return None if entity is None else str(entity)

    def _send_to_index(self, rekeying: Rekeying, raw: Raw) -> bool:
        """Send a label to where its event is known; whether that could be done."""
        contract, payload = self._contract, raw.payload
        if raw.sort is not Sort.LABEL or not raw.is_whole or raw.reasons or payload[contract.label_event_id] == "":
            return False
        if payload[contract.label_known] > raw.record.timestamp + AHEAD:
            return False
        self.outputs.append(rekeying.label(raw.record, raw.kind, payload))
        return True

    def _accept_or_refuse(self, raw: Raw) -> None:
        judge, accept = (
            (self._judge_event, self._accept_event)
            if raw.sort is Sort.EVENT
            else (self._judge_label, self._accept_label)
        )
        judge(raw)
        if raw.reasons:
            self._refuse(raw)
        else:
            accept(raw)

    def _judge_event(self, raw: Raw) -> None:
        contract, payload = self._contract, raw.payload
        self._judge_names(raw, contract.event_id, contract.entity)
        time, watermark = payload.get(contract.event_time), self._entries.watermark.value
        if time is None:
            return
        self._judge_future(raw, contract.event_time, time)
        if watermark is not None and time < watermark - contract.lateness:
            expected = f"at least {_written(watermark - contract.lateness)}"
            raw.reasons.append(Reason(contract.event_time, "too_late", expected, _written(time)))
        event_id = payload.get(contract.event_id)
        if event_id is not None and self._entries.knows_event(str(event_id)):
            raw.reasons.append(Reason(contract.event_id, "duplicate", "an id not seen before", str(event_id)))

    def _judge_label(self, raw: Raw) -> None:
        contract, payload = self._contract, raw.payload
        self._judge_names(raw, contract.label_event_id, contract.label_entity)
        if contract.unwanted_labels:
            got = str(payload.get(contract.label_event_id))
            raw.reasons.append(Reason("", "rule", contract.unwanted_labels, got))
        known = payload.get(contract.label_known)
        if known is not None:
            self._judge_future(raw, contract.label_known, known)
        if not raw.reasons and self._entries.knows_label(self._label_key(payload)):
            got = str(payload[contract.label_event_id])
            raw.reasons.append(Reason("", "duplicate", "another label, time or source for the event", got))

    def _judge_names(self, raw: Raw, *fields: str | None) -> None:
        for name in fields:
            if name is not None and raw.payload.get(name) == "":
                raw.reasons.append(Reason(name, "null", "a text that isn't empty", "''"))

    def _judge_future(self, raw: Raw, name: str, time: int) -> None:
        latest = raw.record.timestamp + AHEAD
        if time > latest:
            expected = f"at most {_written(latest)}, an hour after it was appended"
            raw.reasons.append(Reason(name, "future", expected, _written(time)))

    def _accept_event(self, raw: Raw) -> None:
        contract, record = self._contract, raw.record
        time: int = raw.payload[contract.event_time]
        event_id = str(raw.payload[contract.event_id])
        payload = contract.event_masking.mask(raw.payload)
        seq = self._entries.add_event(event_id, time, record.timestamp)
        self._label_unfulfilled(seq - 1)
        self._windows.update(time, seq, payload)
        value = {
            "seq": seq,
            "event_id": event_id,
            "event_time": time,
            "appended_at": record.timestamp,
            "payload": payload,
        }
        entity = str(payload[contract.entity])
        self._write("events", entity, "driftmill.EventAccepted", value, record)
        if self._rekeying is not None:
            self.outputs.append(self._rekeying.event(event_id, entity, time, record))
        if self._labelled is not None:
            rule, pending = self._labelled
            self._label(rule, pending.enter(rule.waiting(payload), raw.fulfils), seq, record)
        self._close_windows()

    def _accept_label(self, raw: Raw) -> None:
        payload = self._contract.label_masking.mask(raw.payload)
        key = self._label_key(raw.payload)
        self._write_label(self._entity(raw) or "", key, payload, self._entries.next_seq - 1, raw.record)

    def _label_unfulfilled(self, after_seq: int) -> None:
        """Label what nothing fulfils any more: before what moves the watermark is written, by which readers give up."""
        if self._labelled is not None:
            rule, pending = self._labelled
            self._label(rule, pending.expire(self._entries.watermark.value), after_seq, None)

    def _label(self, rule: Labelling, verdicts: Iterable[Verdict], after_seq: int, source: Record | None) -> None:
        """Write labels; one that was written already, when there was another rule, isn't again."""
        for verdict in verdicts:
            payload = rule.payload(verdict)
            event_id, label = str(verdict.event.event_id), float(verdict.is_positive)
            key = event_id, label, verdict.known_at, self._contract.label_source(payload)
            if not self._entries.knows_label(key):
                self._write_label(verdict.event.entity, key, payload, after_seq, source)

    def _write_label(
        self, entity: str, key: LabelKey, payload: Mapping[str, Any], after_seq: int, source: Record | None
    ) -> None:
        event_id, label, known_at, _ = key
        value = {
            "after_seq": after_seq,
            "event_id": event_id,
            "known_at": known_at,
            "label": label,
            "revision": self._entries.add_label(key),
            "payload": payload,
        }
        self._write("events", entity, "driftmill.LabelAccepted", value, source)

    def _label_key(self, payload: Mapping[str, Any]) -> LabelKey:
        contract = self._contract
        return (
            str(payload[contract.label_event_id]),
            contract.label_value(payload),
            payload[contract.label_known],
            contract.label_source(contract.label_masking.mask(payload)),
        )

    def _refuse(self, raw: Raw) -> None:
        contract, record, payload = self._contract, raw.record, raw.payload
        is_event = raw.sort is Sort.EVENT
        counted = self._windows.refuse(believed_time(contract, raw), first_broken(raw)) if is_event else None
        value = quarantined(contract, raw, counted)
        key = self._entity(raw) or record.key
        self._write("events.quarantined", key, "driftmill.RecordQuarantined", value, record)
        if not is_event and (name := contract.unlisted(raw.reasons, payload)) is not None:
            self.unlisted += 1
            known_at, watermark = payload.get(contract.label_known) or 0, self._entries.watermark.value or 0
            self._tell(unlisted_profile(name, known_at, contract.window, self._partition, watermark))

    def _close_windows(self, is_told: bool = False) -> None:
        watermark = self._entries.watermark.value
        if self._rekeying is not None:
            self.outputs += self._rekeying.reached(self._told, watermark)
            self._told = watermark
        for profile in self._windows.close(watermark, is_told):
            self._tell(profile)

    def _tell(self, profile: dict[str, Any]) -> None:
        self.outputs.append(Output("profiles", profile_key(profile), "driftmill.ProfileClosed", profile))

    def _write(self, topic: str, key: str, kind: str, value: Mapping[str, Any], source: Record | None) -> None:
        self.outputs.append(Output(topic, key, kind, value, self._partition, source))


def _written(time: int) -> str:
    """Microseconds since 1970 as people write them; as they are where the calendar has no such day."""
    try:
        return (_EPOCH + timedelta(microseconds=time)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return str(time)
