"""Whether the version in flight is better than the one beside it, by labels: a test that may be looked at any time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from services.contracts.advantage import PART_OF_LOSS, Block, counted, together
from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.sequential import interval
from services.registry.domain.acceptance import Criterion
from services.registry.domain.pairs import Pairs
from services.registry.domain.reports import Window


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


def compare(
    windows: Iterable[Window], against: str, task: LearningTask, loss: float | None, alpha: float
) -> Comparison:
    """windows: those whose labels have matured, in order. loss: on the hold-out. Of numbers the absolute error counts,
    since of squared ones a single row can be all there is."""
    sums = (pairs for window in windows if (pairs := window.pairs.get(against)) is not None)
    blocks = together(Block(pairs.rows, _advantage(pairs, task)) for pairs in sums)
    rows = sum(block.rows for block in blocks)
    if loss is None or not blocks:
        return Comparison(rows)
    scale = PART_OF_LOSS * loss
    values = counted(blocks, scale)
    low, high = interval(values, alpha)
    advantage = sum(block.gain for block in blocks) / rows
    return Comparison(rows, len(blocks), advantage, float(values.mean()) * scale, low * scale, high * scale)


def _advantage(pairs: Pairs, task: LearningTask) -> float:
    return pairs.other_error - pairs.error if task.classifies else pairs.other_absolute - pairs.absolute
