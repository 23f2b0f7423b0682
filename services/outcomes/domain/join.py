"""The join of an answer with its label, one record at a time in the order of the log.

on_time    the label came while it was waited for
early      the label came before its event
late       the label came after the event had been given up as missing
corrected  another label came after a first one, and counts from now on
set_aside  a label came that doesn't count, as the one before it does (see Conflict) or as its event was acted on
duplicate  the same label came again
unlisted   a label came, whatever became of it, from a source that the policy doesn't list
missing    no label came until maturity
censored   the event was acted on: its outcome has no label, and those that come are set aside
orphan     no event came for a label until maturity

Each is counted; nothing is written of what is set aside, a duplicate or unlisted.
"""

from collections.abc import Callable, Sequence

from services.contracts.record import Record
from services.contracts.release_name import ReleaseName
from services.outcomes.domain.answer import CENSORED, Answer, Beside
from services.outcomes.domain.conflict import Label
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.replies import Reply, released

EVENT = "driftmill.EventAccepted"
LABEL = "driftmill.LabelAccepted"
TICK = "driftmill.Tick"
PREDICTION = "driftmill.Prediction"
SHADOW = "driftmill.ShadowPrediction"
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
    draft.replies.add(seq, _numbered(draft.policy.classes, record.value))
    draft.intervals.update(record.value["model"], record.value["score"], record.value.get("high"))


def _shadow(draft: Draft, record: Record) -> None:
    """Comes before the answer that it stands beside."""
    seq = record.value["seq"]
    if seq <= draft.progress.last_seq or seq in draft.shadows:
        raise BrokenLog(record, f"nothing more beside the answer to event {seq}")
    draft.shadows.add(seq, _numbered(draft.policy.classes, record.value))
    draft.intervals.update(record.value["model"], record.value["score"], record.value.get("high"))


def _beside(draft: Draft, record: Record, reply: Reply) -> Beside | None:
    if reply["beside"] is None:
        return None
    said = draft.shadows.take(record.value["seq"])
    if said is None or ReleaseName.of(said["model"]).model != reply["beside"]:
        raise BrokenLog(record, f"what {reply['beside']} says of event {record.value['seq']} first")
    return Beside(released(said), said["score"], said["label"], said["arm"])


def _numbered(classes: Sequence[str], value: Reply) -> Reply:
    """An answer about several classes with the number of the decided one for a decision."""
    if not classes:
        return value
    decided = value["decided_class"]
    return {**value, "label": None if decided is None else classes.index(decided)}


def meet(draft: Draft, record: Record, reply: Reply) -> None:
    """Join an event that came with its answer, and with its label if that came first."""
    value = record.value
    acted_on, weight = draft.policy.acting.of_event(value["payload"], reply)
    slices = tuple([_text(value["payload"][field]) for field in draft.policy.slices])
    answer = Answer(
        value["seq"],
        value["event_id"],
        record.key,
        value["event_time"],
        slices,
        reply["score"],
        reply["label"],
        released(reply),
        reply["feature_set"],
        reply["numbers"],
        tuple(reply["categories"]),
        weight,
        reply["arm"],
        _beside(draft, record, reply),
    )
    early = draft.early.take(answer.event_id) if draft.early else None
    draft.add(answer)
    if acted_on:
        draft.progress.counts["set_aside"] += early is not None
        resolve(draft, answer, answer.restated(CENSORED, None, answer.event_time), record)
    elif early is not None:
        _state(draft, answer, "early", early, record)


def _label(draft: Draft, record: Record) -> None:
    value, conflict = record.value, draft.policy.conflict
    label = Label(value["known_at"], value["label"], record.key, conflict.rank(value["payload"]))
    if conflict.sources and not label.rank:
        draft.progress.counts["unlisted"] += 1
    answer = draft.answer_to(value["event_id"])
    if answer is None:
        _keep_early(draft, value["event_id"], label)
    elif answer.status == CENSORED:
        draft.progress.counts["set_aside"] += 1
    elif (standing := answer.standing) is None:
        _state(draft, answer, "late" if answer.resolved else "on_time", label, record)
    elif result := _against(draft, label, standing):
        _state(draft, answer, result, label, record)


def _against(draft: Draft, label: Label, standing: Label) -> str:
    """What becomes of a label where one stands: `corrected`, or nothing, which is counted."""
    if label.repeats(standing):
        draft.progress.counts["duplicate"] += 1
    elif not draft.policy.conflict.prefers(label, standing):
        draft.progress.counts["set_aside"] += 1
    else:
        return "corrected"
    return ""


def _keep_early(draft: Draft, event_id: str, label: Label) -> None:
    held = draft.early.get(event_id)
    if held is not None:
        result = _against(draft, label, held)
        if not result:
            return
        draft.progress.counts[result] += 1
        draft.early.take(event_id)
    draft.early.add(event_id, label)
    draft.orphaning.add(label.known_at, event_id)


def _state(draft: Draft, answer: Answer, status: str, label: Label, source: Record) -> None:
    resolve(draft, answer, answer.restated(status, label.label, label.known_at, label.rank), source)


def resolve(draft: Draft, answer: Answer, restated: Answer, source: Record | None) -> None:
    """State or restate an event's outcome."""
    progress, window = draft.progress, draft.policy.window_of(answer.event_time)
    draft.answers.update(restated)
    progress.counts[restated.status] += 1
    progress.stale_quality.add(window)
    if not answer.resolved:
        progress.unresolved[window] -= 1
    if answer.seq <= progress.matured_seq:
        progress.rows += (restated.label is not None) - (answer.label is not None)
        if draft.policy.task.has_classes:
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
    SHADOW: _shadow,
    ACTIVATION: _activation,
}
