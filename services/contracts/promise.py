"""How good answers will turn out to be, by what their scores promise: known before any label.

Of classes: if a score is the chance that it says, the chances add up to the decisions that will be right
(confidence-based performance estimation; for accuracy Guillory et al., ICCV 2021). A model that is wrong about its
chances is wrong about this too, so it says nothing of one model against another. Of numbers: what the errors were on
the hold-out where scores were like these; it sees what moves the scores, and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from services.contracts.binning import Binning
from services.contracts.histogram import Histogram
from services.contracts.pipeline.learning_task import BINARY, LearningTask
from services.contracts.tally import Tally


class Promise(NamedTuple):
    """rows: answers with a score. scores: their sum. decided: those decided positive. promised: the sum of these."""

    rows: int = 0
    scores: float = 0.0
    decided: int = 0
    promised: float = 0.0

    @classmethod
    def of(cls, profile: Mapping[str, Any]) -> "Promise":
        """Of a `driftmill.ProfileClosed` of scores; nothing where scores are no probabilities, nor of one from before
        promises were told."""
        field = next((one for one in profile["fields"] if one["name"] == BINARY.profiled), None)
        if field is None or (profile["decided"] and not profile["promised"]):
            return cls()
        return cls(field["count"], field["count"] * field["mean"], profile["decided"], profile["promised"])

    def tally(self, task: LearningTask) -> Tally:
        """What is to be expected of decisions."""
        if task.several:
            return Tally(rows=self.rows, wrong=self.rows - self.scores)
        missed, false_alarms = self.scores - self.promised, self.decided - self.promised
        return Tally(rows=self.rows, positives=self.scores, hits=self.promised, wrong=missed + false_alarms)


NOTHING = Promise()


def summed(promises: Iterable[Promise]) -> Promise:
    """All of them together."""
    return Promise(*map(sum, zip(NOTHING, *promises, strict=True)))


@dataclass(frozen=True, slots=True)
class Losses:
    """Mean absolute errors of a number on the hold-out, by where the score lies. edges: between the parts."""

    edges: tuple[float, ...]
    means: tuple[float, ...]

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> "Losses | None":
        """From what a manifest measured; None where it doesn't tell."""
        bins: Sequence[Mapping[str, Any]] = measured.get("reliability") or ()
        if not bins or any("mae" not in one for one in bins):
            return None
        scores = [float(one["score"]) for one in bins]
        edges = tuple((low + high) / 2 for low, high in pairwise(scores))
        return cls(edges, tuple(float(one["mae"]) for one in bins))

    def tally(self, scores: Histogram) -> Tally:
        """What is to be expected of so many scores."""
        middles = [sum(Binning.SIGNED_LOG.edges(int(one))) / 2 for one in scores.bins]
        places = np.searchsorted(np.array(self.edges), np.array(middles), side="right").astype(np.int64)
        lost = scores.counts @ np.array(self.means)[places] if middles else 0.0
        return Tally(rows=int(scores.counts.sum()), absolute=float(lost))
