"""Whether the version in flight is better than the one beside it, by labels: a test that may be looked at any time."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.contracts.pipeline.learning_task import LearningTask
from services.registry.domain.acceptance import Criterion
from services.registry.domain.pairs import Pairs, total
from services.registry.domain.reports import Window
from services.registry.domain.sequential import interval

BLOCK_ROWS = 50
"""Windows with fewer labelled events are put together: of a handful of events the rare great loss isn't among them."""

PART_OF_LOSS = 0.25
"""A block's advantage is counted up to this part of the loss that the version had on its hold-out."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """advantage: mean loss of the other less that of the version in flight, over all rows. mean: the mean of that of
    each block, counted up to the scale; low, high: where it lies. None: no loss is known to count by."""

    rows: int = 0
    blocks: int = 0
    advantage: float | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_better(self) -> bool:
        """Certainly better in the mean of blocks, and in that of all rows, where no great loss is cut."""
        return self.low is not None and self.low > 0 and (self.advantage or 0) > 0

    @property
    def is_worse(self) -> bool:
        """Certainly worse, likewise."""
        return self.high is not None and self.high < 0 and (self.advantage or 0) < 0

    def criterion(self, against: str) -> Criterion:
        """As a move tells it; it passes if the version is better."""
        name = f"loss below that of {against} by labels"
        if self.advantage is None:
            detail = f"{name}: nothing measured yet; {self.rows} labelled events"
            return Criterion(name, False, None, 0.0, None, None, self.rows, detail)
        outcome = "holds" if self.is_better else "fails, it is worse" if self.is_worse else "isn't known yet"
        detail = (
            f"{name}: {outcome}, advantage {self.mean:.4g} a block ({self.low:.4g} to {self.high:.4g}), "
            f"{self.advantage:.4g} over all events; {self.rows} labelled events in {self.blocks} blocks"
        )
        return Criterion(name, self.is_better, self.mean, 0.0, self.low, self.high, self.rows, detail)


def spent(alpha: float, attempt: int) -> float:
    """What the k-th version tried may err with: alpha times 6/(pi k)**2, which adds up to alpha over all of them."""
    return alpha * 6 / (math.pi * attempt) ** 2


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


def compare(
    windows: Iterable[Window], against: str, task: LearningTask, loss: float | None, alpha: float
) -> Comparison:
    """windows: those whose labels have matured, in order. loss: on the hold-out. Of numbers the absolute error counts,
    since of squared ones a single row can be all there is."""
    blocks = _blocks([pairs for window in windows if (pairs := window.pairs.get(against)) is not None])
    rows = sum(block.rows for block in blocks)
    if loss is None or not blocks:
        return Comparison(rows)
    gained = [_advantage(block, task) for block in blocks]
    scale = PART_OF_LOSS * loss
    means = np.array([gain / block.rows for gain, block in zip(gained, blocks, strict=True)])
    counted = np.clip(means / scale, -1.0, 1.0)
    low, high = interval(counted, alpha)
    mean = float(counted.mean()) * scale
    return Comparison(rows, len(blocks), sum(gained) / rows, mean, low * scale, high * scale)


def _blocks(sums: Iterable[Pairs]) -> list[Pairs]:
    """Consecutive windows together until each holds enough; the rest waits."""
    blocks, held = [], Pairs()
    for one in sums:
        held = total((held, one))
        if held.rows >= BLOCK_ROWS:
            blocks.append(held)
            held = Pairs()
    return blocks


def _advantage(block: Pairs, task: LearningTask) -> float:
    return block.other_error - block.error if task.classifies else block.other_absolute - block.absolute
