"""By how much one of two models loses less than the other on the same events: what bets on which is better go by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.sequential import Floats

BLOCK_ROWS = 50
"""Blocks with fewer labelled events are put together: of a handful of events the rare great loss isn't among them."""

PART_OF_LOSS = 0.25
"""A block's advantage is counted up to this part of the loss that a model had on its hold-out."""


class Block(NamedTuple):
    """Consecutive events. gain: what the other lost on them, less what the one that is judged did. known: the
    pipeline's clock when their labels were."""

    rows: int = 0
    gain: float = 0.0
    known: int = 0


def together(blocks: Iterable[Block]) -> list[Block]:
    """Consecutive blocks together until each holds enough rows; the rest waits."""
    whole, held = [], Block()
    for one in blocks:
        held = Block(held.rows + one.rows, held.gain + one.gain, one.known)
        if held.rows >= BLOCK_ROWS:
            whole.append(held)
            held = Block()
    return whole


def counted(blocks: Sequence[Block], scale: float) -> Floats:
    """Mean gain of each block [n] as a part of `scale`, cut at -1 and 1: of such numbers a bet knows the bounds."""
    means = np.array([block.gain / block.rows for block in blocks])
    return np.clip(means / scale, -1.0, 1.0)


def hold_out_loss(measured: Mapping[str, Any], task: LearningTask) -> float | None:
    """Mean loss on the hold-out, from the numbers of a manifest; None where they don't tell.

    Of two classes the squared error of scores: in each bin of scores what is left to chance, and the bin's own error.
    Of several the share of wrong decisions, of numbers the mean absolute error.
    """
    bins: Sequence[Mapping[str, Any]] = measured.get("reliability") or ()
    rows = sum(one["rows"] for one in bins)
    if not rows or not task.labelled:
        return None
    if task.several:
        loss = sum(one["rows"] * (1 - one["right_rate"]) for one in bins)
    elif not task.has_classes:
        loss = sum(one["rows"] * one["mae"] for one in bins)
    else:
        loss = sum(one["rows"] * _squared(one["score"], one["positive_rate"]) for one in bins)
    return loss / rows or None


def _squared(score: float, rate: float) -> float:
    return float(rate * (1 - rate) + (score - rate) ** 2)
