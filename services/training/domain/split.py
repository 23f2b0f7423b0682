"""The temporal split: the newest rows measure, those before them choose, the oldest train."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.training.domain.cohort import Ints, Rows, tally
from services.training.domain.side import Side, sides

Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SplitRule:
    """holdout, validation: lengths of event time in microseconds, at most. min_rows: in the training rows.
    min_positives: of each class, or of rows where there are none, in the training rows and in the hold-out. apart: no
    entity has rows on two sides. changed: event time since which rows are to train, if there are some, in microseconds;
    the validation takes at most half of the time from then on."""

    holdout: int
    validation: int
    min_rows: int
    min_positives: int
    apart: bool = False
    changed: int | None = None


@dataclass(frozen=True, slots=True)
class NotEnough:
    """Why there is nothing to learn from yet: what is missing, how much there is, how much is needed."""

    reason: str
    have: int
    need: int


@dataclass(frozen=True, slots=True)
class Split:
    """Positions of rows. development: all that was known before holdout_from; train, validation: its events before
    validation_from, and from then on; holdout: events from holdout_from on; released: what a model may learn from that
    is fitted again. Where entities are kept apart, each of these has only those that stand on its side."""

    train: Positions
    validation: Positions
    development: Positions
    holdout: Positions
    released: Positions
    validation_from: int
    holdout_from: int


def split(rows: Rows, rule: SplitRule) -> Split | NotEnough:
    """Split rows by the time of their events, with the gap that follows from when labels were known.

    A row is learnt from only if its label was known before the hold-out's first event, so that nothing measured rests
    on an answer that was still open then. While the rows span little time the hold-out is a quarter of it, so that a
    first model needn't wait until there is as much again before a whole one. The validation is the newest part of those
    rows, at most a fifth; it only chooses, so the rows before it train without a further gap, which late labels would
    make as long again.

    Where entities are kept apart, time parts the rows of each side as it does otherwise: older rows of an entity that
    is held out are not learnt from, newer ones of the others not measured.
    """
    if len(rows) == 0:
        return NotEnough("matured rows", 0, rule.min_rows)
    first, end = int(rows.event_time[0]), int(rows.event_time[-1]) + 1
    holdout_from = end - holdout_of(rule.holdout, end - first)
    side = _sides(rows, rule)
    development = _on(side, known_before(rows, holdout_from), Side.CHOOSES, Side.TRAINS)
    newest = int(rows.event_time[development[-1]]) + 1 if len(development) else first
    validation_from = choosing_from(first, newest, rule)
    older = rows.event_time[development] < validation_from
    train, validation = _on(side, development[older], Side.TRAINS), _on(side, development[~older], Side.CHOOSES)
    holdout = _on(side, np.flatnonzero(rows.event_time >= holdout_from), Side.HELD_OUT)
    released = _on(side, np.arange(len(rows)), Side.CHOOSES, Side.TRAINS)
    train, development, released = (_learnable(rows, part) for part in (train, development, released))
    made = Split(train, validation, development, holdout, released, validation_from, holdout_from)
    return _lacking(rows, made, rule) or made


def learnable_before(rows: Rows, moment: int, rule: SplitRule) -> Positions:
    """What a model of these rows may learn from that is to know no more than was known before a time."""
    return _learnable(rows, _on(_sides(rows, rule), known_before(rows, moment), Side.CHOOSES, Side.TRAINS))


def _learnable(rows: Rows, positions: Positions) -> Positions:
    """What was injected to measure by is learnt from by none."""
    return positions if rows.task.labelled else positions[rows.label[positions] == 0]


def holdout_of(most: int, span: int) -> int:
    """Length of the hold-out of rows that span so much time: `most`, or a quarter of them."""
    return min(most, span // 4)


def choosing_from(first: int, newest: int, rule: SplitRule) -> int:
    """When the validation begins in rows from `first` to before `newest`."""
    longest = min(rule.validation, (newest - first) // 5)
    if rule.changed is None or rule.changed >= newest:
        return newest - longest
    return newest - min(longest, (newest - rule.changed) // 2)


def newest(rows: Rows, rule: SplitRule, since: int) -> tuple[Positions, Positions] | NotEnough:
    """Positions of rows since a time: those that choose something for a model that has seen none of them, and those
    that measure it.

    The newest hold-out measures; of what was known before it, the newest `validation` chooses. Each needs
    `min_positives` of each class.
    """
    end = int(rows.event_time[-1]) + 1 if len(rows) else 0
    holdout_from, side = end - rule.holdout, _sides(rows, rule)
    known = known_before(rows, holdout_from)
    last = int(rows.event_time[known[-1]]) + 1 if len(known) else 0
    known = known[rows.event_time[known] >= max(since, last - rule.validation)]
    measuring = np.flatnonzero(rows.event_time >= max(since, holdout_from))
    parts = _on(side, known, Side.CHOOSES), _on(side, measuring, Side.HELD_OUT)
    for name, part in zip(("known before the hold-out", "in the hold-out"), parts, strict=True):
        for kind, have in tally(rows.label[part], rows.task).items():
            if have < rule.min_positives:
                return NotEnough(f"{kind} since the model was trained, {name}", have, rule.min_positives)
    return parts


def _sides(rows: Rows, rule: SplitRule) -> NDArray[np.int8] | None:
    if not rule.apart:
        return None
    assert rows.entity is not None
    return sides(rows.entity)


def _on(side: NDArray[np.int8] | None, positions: Positions, *which: Side) -> Positions:
    """Those that stand on one of these sides, or all where there are none."""
    return positions if side is None else positions[np.isin(side[positions], which)]


def known_before(rows: Rows, moment: int) -> Positions:
    """Rows of which event and label were known before a time."""
    return np.flatnonzero((rows.label_time < moment) & (rows.event_time < moment))


def _lacking(rows: Rows, made: Split, rule: SplitRule) -> NotEnough | None:
    if len(made.train) < rule.min_rows:
        return NotEnough("training rows known before the hold-out begins", len(made.train), rule.min_rows)
    parts = {"training rows": made.train, "hold-out": made.holdout}
    for name, part in parts.items():
        for kind, have in tally(rows.label[part], rows.task).items():
            if have < rule.min_positives:
                return NotEnough(f"{kind} in the {name}", have, rule.min_positives)
    return _one_class(rows, made.validation)


def _one_class(rows: Rows, validation: Positions) -> NotEnough | None:
    """Nothing can be chosen on rows of one class, or of one number."""
    different = len(np.unique(rows.label[validation]))
    kind = "classes" if rows.task.classifies else "different labels"
    return NotEnough(f"{kind} in the validation rows", different, 2) if different < 2 else None


def comparable(event_time: Ints, holdout: Positions, trained_through: int) -> Positions:
    """Those rows of the hold-out that a model trained through `trained_through` has not seen either."""
    return holdout[event_time[holdout] >= trained_through]
