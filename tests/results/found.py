"""The closed loop beside policies that learn offline: what a run found, and what the seeds of a stream say together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from services.cli.demo.quality import Difference
from services.contracts.pipeline.metric import LOWER_IS_BETTER

NEAR_BEST = 0.97
POLICIES = ("static", "scheduled", "sliding")


@dataclass(frozen=True)
class Found:
    """A stream played with a seed.

    values: of the measure, by policy. difference: the loop less the median policy. drawn: the measure by policy when
    days are drawn with replacement [draws]: the same days for each policy and seed of a stream.
    """

    stream: str
    seed: int
    measure: str
    rows: int
    released: int
    values: dict[str, float]
    median: str
    difference: Difference
    drawn: dict[str, list[float]] = field(default_factory=dict)

    @property
    def of_best(self) -> float:
        """The loop's measure as a share of the best policy's; of an error, the other way round."""
        return min(_share(self.measure, self.values["loop"], self.values[policy]) for policy in POLICIES)

    @property
    def is_worse(self) -> bool:
        """Whether the loop is certainly worse than the median policy."""
        low, high = self.difference.low, self.difference.high
        return low > 0 if self.measure in LOWER_IS_BETTER else high < 0


def _share(measure: str, loop: float, other: float) -> float:
    """The loop's measure as a share of another's; of an error, the other way round."""
    return other / loop if measure in LOWER_IS_BETTER else loop / other


@dataclass(frozen=True)
class OverSeeds:
    """The loop's mean over seeds as a share of that of the policy that is best over them, with a 95 % interval."""

    stream: str
    seeds: list[int]
    best: str
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, runs: Sequence[Found]) -> "OverSeeds":
        """Of one stream's seeds: drawn together, day by day."""
        measure, names = runs[0].measure, ("loop", *POLICIES)
        means = {name: float(np.mean([run.values[name] for run in runs])) for name in names}
        drawn = {name: np.mean([run.drawn[name] for run in runs], axis=0) for name in names}
        shares = {name: _share(measure, means["loop"], means[name]) for name in POLICIES}
        best = min(shares, key=lambda name: shares[name])
        each = [_share(measure, *both) for both in zip(drawn["loop"], drawn[best], strict=True)]
        low, high = np.nanquantile(each, [0.025, 0.975])
        return cls(runs[0].stream, [run.seed for run in runs], best, shares[best], float(low), float(high))

    @property
    def verdict(self) -> str:
        """Whether the loop is within 3 % of the best, as far as the interval tells."""
        if self.high < NEAR_BEST:
            return "**below**"
        return "within 3 %" if self.low >= NEAR_BEST else "not certainly below"


def over_seeds(all_found: Sequence[Found]) -> list[OverSeeds]:
    """Each stream's runs that kept what was drawn."""
    drawn = [one for one in all_found if one.drawn]
    return [OverSeeds.of(list(runs)) for _, runs in groupby(drawn, key=lambda one: one.stream)]
