"""The join of an answer with its label, one record at a time in the order of the log.

on_time    the label came while it was waited for
early      the label came before its event
late       the label came after the event had been given up as missing
corrected  another label came after a first one
duplicate  the same label came again: counted, nothing written
missing    no label came until maturity
orphan     no event came for a label until maturity
"""

from collections.abc import Callable

from services.contracts.record import Record
from services.outcomes.domain.answer import Answer, EarlyLabel
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.replies import Reply

EVENT = "driftmill.EventAccepted"
LABEL = "driftmill.LabelAccepted"
TICK = "driftmill.Tick"
PREDICTION = "driftmill.Prediction"
ACTIVATION = "driftmill.ModelActivated"


class BrokenLog(Exception):
    """Events and answers don't follow each other as they must: going on would join the wrong ones."""

    def __init__(self, record: Record, expected: str) -> None:
        where = f"{record.topic}[{record.partition}]@{record.offset}"
        super().__init__(f"{where}: expected {expected}, found {record.kind} {dict(_identity(record))}")


def _identity(record: Record) -> list[tuple[str, object]]:
    return [(name, record.value[name]) for name in ("seq", "event_id") if name in record.value]


def join(draft: Draft, record: Record) -> Reply | None:
    """Take in the next record; of an event, that it came: `meet` takes the reply to it. Raises BrokenLog."""
    return _HANDLERS[record.kind](draft, record)


def _event(draft: Draft, record: Record) -> Reply:
    value, progress = record.value, draft.progress
    seq = value["seq"]
    if seq != progress.last_seq + 1:
        raise BrokenLog(record, f"event {progress.last_seq + 1}")
    reply = draft.replies.take(seq)
    if reply is None or reply["event_id"] != value["event_id"]:
        raise BrokenLog(record, f"the answer to event {seq} ({value['event_id']}) first")
    progress.last_seq = seq
    progress.watermark.update_event(value["event_time"])
    return reply


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _prediction(draft: Draft, record: Record) -> None:
    """Answers come in any order of their events: after a chain of features it isn't that of seq."""
    seq = record.value["seq"]
    if seq <= draft.progress.last_seq or seq in draft.replies:
        raise BrokenLog(record, f"one answer to event {seq}, which has one")
    draft.replies.add(seq, record.value)


def meet(draft: Draft, record: Record, reply: Reply) -> None:
    """Join an event that came with its answer, and with its label if that came first."""
    value = record.value
    slices = tuple([_text(value["payload"][field]) for field in draft.policy.slices])
    answer = Answer(
        value["seq"],
        value["event_id"],
        record.key,
        value["event_time"],
        slices,
        reply["score"],
        reply["label"],
        reply["model"],
        reply["feature_set"],
        reply["numbers"],
        tuple(reply["categories"]),
    )
    early = draft.early.take(answer.event_id) if draft.early else None
    draft.add(answer)
    if early is not None:
        resolve(draft, answer, "early", early.label, early.known_at, record)


def _label(draft: Draft, record: Record) -> None:
    event_id, label, known_at = record.value["event_id"], record.value["label"], record.value["known_at"]
    answer = draft.answer_to(event_id)
    if answer is None:
        _keep_early(draft, event_id, EarlyLabel(known_at, label, record.key))
    elif not answer.resolved:
        resolve(draft, answer, "on_time", label, known_at, record)
    elif answer.status == "missing":
        resolve(draft, answer, "late", label, known_at, record)
    elif (answer.label, answer.label_time) == (label, known_at):
        draft.progress.counts["duplicate"] += 1
    else:
        resolve(draft, answer, "corrected", label, known_at, record)


def _keep_early(draft: Draft, event_id: str, label: EarlyLabel) -> None:
    held = draft.early.get(event_id)
    if held == label:
        draft.progress.counts["duplicate"] += 1
        return
    if held is not None:
        draft.progress.counts["corrected"] += 1
        draft.early.take(event_id)
    draft.early.add(event_id, label)
    draft.orphaning.add(label.known_at, event_id)


def resolve(
    draft: Draft, answer: Answer, status: str, label: float | None, label_time: int, source: Record | None
) -> None:
    """State or restate an event's outcome."""
    progress, window = draft.progress, draft.policy.window_of(answer.event_time)
    restated = answer.restated(status, label, label_time)
    draft.answers.update(restated)
    progress.counts[status] += 1
    progress.stale_quality.add(window)
    if not answer.resolved:
        progress.unresolved[window] -= 1
    if answer.seq <= progress.matured_seq:
        progress.rows += (label is not None) - (answer.label is not None)
        progress.positives += restated.positive - answer.positive
    draft.emit("outcomes", answer.key, "Outcome", restated.to_outcome(draft.policy), source)


def _tick(draft: Draft, record: Record) -> None:
    draft.progress.watermark.update_tick(record.value["time"])


def _activation(_draft: Draft, _record: Record) -> None:
    """Every answer names its model; this is for replays of the answers."""


_HANDLERS: dict[str, Callable[[Draft, Record], Reply | None]] = {
    EVENT: _event,
    LABEL: _label,
    TICK: _tick,
    PREDICTION: _prediction,
    ACTIVATION: _activation,
}
