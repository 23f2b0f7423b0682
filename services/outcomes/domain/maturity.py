"""What follows from the watermark: giving up, closing windows, and marking how far outcomes are final."""

import numpy as np
from numpy.typing import NDArray

from services.outcomes.domain.answer import RIGHT_FROM, orphan_outcome
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.join import resolve
from services.outcomes.domain.quality import close_quality
from services.outcomes.domain.rows import ACTED_ON, LABEL, OPEN, SCORE, Rows
from services.outcomes.domain.scores import close_scores
from services.outcomes.domain.vectors import close_vectors


def pass_time(draft: Draft, by_tick: bool) -> None:
    """Do what is due at the watermark. by_tick: it may have been the first sign of time at all."""
    progress = draft.progress
    now, before = progress.watermark.value, progress.boundary
    if now is None:
        return
    limit = now - draft.policy.maturity
    if draft.maturing.soonest <= limit:
        _miss(draft, limit)
    if draft.orphaning.soonest <= limit:
        _orphan(draft, limit)
    if before is None and not by_tick:
        # the first events begin a window; none before them is closed by that
        progress.boundary = progress.settled = draft.policy.window_of(now)
    elif before is None or now >= before + draft.policy.window:
        _cross(draft, now, draft.policy.window_of(now))


def _miss(draft: Draft, limit: int) -> None:
    """Stop waiting for the labels of events at or before `limit`."""
    silence = 0.0 if draft.policy.negative_silence else None
    for event_time, seq in draft.maturing.due(limit):
        answer = draft.answers.get_open(seq)
        if answer is not None:
            resolve(draft, answer, answer.restated("missing", silence, event_time + draft.policy.maturity), None)


def _orphan(draft: Draft, limit: int) -> None:
    """Stop waiting for the events of labels known at or before `limit`."""
    for known_at, event_id in draft.orphaning.due(limit):
        label = draft.early.get(event_id)
        if label is not None and label.known_at == known_at:
            draft.early.take(event_id)
            draft.progress.counts["orphan"] += 1
            draft.emit("outcomes", label.key, "Outcome", orphan_outcome(event_id, label, draft.policy))


def _cross(draft: Draft, now: int, boundary: int) -> None:
    before, draft.progress.boundary = draft.progress.boundary, boundary
    _advance(draft, now)
    close_vectors(draft, before, boundary)
    close_scores(draft, boundary)
    close_quality(draft, boundary)
    _mark(draft, now)
    _forget(draft, now)


def _advance(draft: Draft, now: int) -> None:
    """An event dated further ahead than labels take is passed over; its label counts when it comes."""
    progress = draft.progress
    for seqs, found in draft.answers.after(progress.matured_seq, progress.last_seq):
        is_astray = found["time"] > now + draft.policy.maturity
        waited_for = np.flatnonzero((found["status"] == 0) | ((found["status"] == OPEN) & ~is_astray))
        passed = int(waited_for[0]) if len(waited_for) else len(seqs)
        _pass(draft, seqs[:passed], found[:passed], is_astray[:passed])
        if passed < len(seqs):
            break


def _pass(draft: Draft, seqs: Seqs, its: Rows, is_astray: NDArray[np.bool_]) -> None:
    progress = draft.progress
    counts = LABEL if draft.policy.task.labelled else LABEL | SCORE
    progress.rows += int(np.count_nonzero(its["present"] & counts))
    if draft.policy.task.has_classes:
        progress.positives += int((its["label"] >= RIGHT_FROM).sum())
    progress.censored += int(np.count_nonzero(its["status"] == ACTED_ON))
    progress.matured_seq = int(seqs[-1]) if len(seqs) else progress.matured_seq
    in_time = its["time"][~is_astray]
    progress.matured_time = int(in_time[-1]) if len(in_time) else progress.matured_time


def _mark(draft: Draft, now: int) -> None:
    progress = draft.progress
    value = {
        "watermark": now,
        "matured_seq": progress.matured_seq,
        "matured_time": progress.matured_time,
        "rows": progress.rows,
        "positives": progress.positives,
        "censored": progress.censored,
    }
    draft.emit("outcomes", "", "CohortMatured", value)


def _forget(draft: Draft, now: int) -> None:
    over = [start for start in draft.windows.starts() if draft.policy.forgotten_at(start) <= now]
    for start in sorted(over):
        span = draft.windows.get(start)
        if span is not None and span.last <= draft.progress.matured_seq:
            draft.forget(start)
