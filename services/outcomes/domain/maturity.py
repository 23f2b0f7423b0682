"""What follows from the watermark: giving up, closing windows, and marking how far outcomes are final."""

from services.outcomes.domain.answer import orphan_outcome
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.join import resolve
from services.outcomes.domain.quality import close_quality
from services.outcomes.domain.scores import close_scores


def pass_time(draft: Draft, by_tick: bool) -> None:
    """Do what is due at the watermark. by_tick: it may have been the first sign of time at all."""
    now = draft.progress.watermark.value
    if now is None:
        return
    give_up(draft, now)
    boundary, before = draft.policy.window_of(now), draft.progress.boundary
    if before is None and not by_tick:
        # the first events begin a window; none before them is closed by that
        draft.progress.boundary = draft.progress.settled = boundary
    elif before is None or boundary > before:
        _cross(draft, now, boundary)


def give_up(draft: Draft, now: int) -> None:
    """Stop waiting for labels of events, and for events of labels, that are older than maturity."""
    limit = now - draft.policy.maturity
    silence = 0.0 if draft.policy.negative_silence else None
    for event_time, seq in draft.maturing.due(limit):
        answer = draft.answers.get(seq)
        if answer is not None and not answer.resolved:
            resolve(draft, answer, "missing", silence, event_time + draft.policy.maturity, None)
    for known_at, event_id in draft.orphaning.due(limit):
        label = draft.early.get(event_id)
        if label is not None and label.known_at == known_at:
            draft.early.remove(event_id)
            draft.progress.counts["orphan"] += 1
            draft.emit("outcomes", label.key, "Outcome", orphan_outcome(event_id, label))


def _cross(draft: Draft, now: int, boundary: int) -> None:
    draft.progress.boundary = boundary
    _advance(draft, now)
    close_scores(draft, boundary)
    close_quality(draft, boundary)
    _mark(draft, now)
    _forget(draft, now)


def _advance(draft: Draft, now: int) -> None:
    """An event dated further ahead than labels take is passed over; its label counts when it comes."""
    progress = draft.progress
    while (answer := draft.answers.get(progress.matured_seq + 1)) is not None:
        is_astray = answer.event_time > now + draft.policy.maturity
        if not (answer.resolved or is_astray):
            break
        progress.matured_seq = answer.seq
        progress.matured_time = progress.matured_time if is_astray else answer.event_time
        progress.rows += answer.label is not None
        progress.positives += answer.positive


def _mark(draft: Draft, now: int) -> None:
    progress = draft.progress
    value = {
        "watermark": now,
        "matured_seq": progress.matured_seq,
        "matured_time": progress.matured_time,
        "rows": progress.rows,
        "positives": progress.positives,
    }
    draft.emit("outcomes", "", "CohortMatured", value)


def _forget(draft: Draft, now: int) -> None:
    for window in draft.windows():
        if draft.policy.forgotten_at(window) > now:
            break
        if all(answer.seq <= draft.progress.matured_seq for answer in draft.answers_in(window)):
            draft.forget(window)
