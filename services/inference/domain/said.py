"""What models say of the events of a batch, as fields of the records that tell it."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.contracts.arm import CHAMPION
from services.inference.domain import classes
from services.inference.domain.scoring import Floats, Scorer

_UNANSWERED: dict[str, Any] = {"status": "failed", "score": None, "label": None}

Fields = dict[str, Any]


class Told(NamedTuple):
    """Fields of rows: own of each, and those that all share."""

    own: list[Fields]
    alike: Fields


class Said:
    """What one model says, an answer a row. scores: [rows], or [rows, classes] of several; NaN where it has none."""

    def __init__(self, scorer: Scorer, scores: Floats, arm: str = CHAMPION) -> None:
        self.scorer, self._each, self._arm = scorer, scores, arm
        self._scores = classes.winning(scores) if scorer.classes else scores
        self.answered: NDArray[np.bool_] = np.isfinite(self._scores)

    def answers(self) -> Told:
        """What is answered where no other model is asked."""
        return Told(self.own(), self.alike | {"beside": None})

    def speaker(self, _row: int) -> Scorer:
        """Whose answer a row gets."""
        return self.scorer

    @property
    def alike(self) -> Fields:
        """Fields that are the same in all rows."""
        found: Fields = {"model": self.scorer.version, "policy": self.scorer.policy, "arm": self._arm}
        found |= {"low": None, "high": None} if self.scorer.half_width is None else {}
        return found | ({} if self.scorer.classes else {"decided_class": None, "scores": []})

    def own(self) -> list[Fields]:
        """Fields of each row."""
        decisions = _decisions(self._scores, self.scorer.threshold)
        found: list[Fields] = [
            {"status": "ok", "score": score, "label": decision} if ok else _UNANSWERED
            for ok, score, decision in zip(self.answered.tolist(), self._scores.tolist(), decisions, strict=True)
        ]
        for name, column in self._further():
            found = [one | {name: value} for one, value in zip(found, column, strict=True)]
        return found

    def whole(self) -> list[Fields]:
        """All fields of each row."""
        alike = self.alike
        return [one | alike for one in self.own()]

    def _further(self) -> Iterator[tuple[str, Sequence[Any]]]:
        if self.scorer.classes:
            yield from classes.told(self._each, self.scorer.classes)
        half_width = self.scorer.half_width
        if half_width is not None:
            for name, end in (("low", self._scores - half_width), ("high", self._scores + half_width)):
                yield name, [value if math.isfinite(value) else None for value in end.tolist()]


class Pair:
    """What two models say of the same events.

    arms: rows that the challenger is to answer; where it has no answer, the champion goes on. None: it answers none.
    """

    def __init__(self, champion: Said, challenger: Said, arms: NDArray[np.bool_] | None) -> None:
        self._champion, self._challenger, self._is_mixed = champion, challenger, arms is not None
        self.taken = np.zeros(len(champion.answered), np.bool_) if arms is None else arms & challenger.answered
        self.answered: NDArray[np.bool_] = champion.answered | self.taken
        self.there: NDArray[np.bool_] = champion.answered | challenger.answered

    def answers(self) -> Told:
        """What is answered, and which other model has something to say of it."""
        told = self._told(self._champion, self._challenger)
        both = self._champion.scorer, self._challenger.scorer
        rows = zip(told.own, self.taken.tolist(), self.there.tolist(), strict=True)
        own = [one | {"beside": both[not is_taken].version if is_there else None} for one, is_taken, is_there in rows]
        return Told(own, told.alike)

    def speaker(self, row: int) -> Scorer:
        """Whose answer a row gets."""
        return (self._challenger if self.taken[row] else self._champion).scorer

    def others(self) -> Told:
        """What the other model says of each row; to be told where one of both has an answer (`there`)."""
        return self._told(self._challenger, self._champion)

    def _told(self, usual: Said, taken: Said) -> Told:
        if not self._is_mixed:
            return Told(usual.own(), usual.alike)
        rows = zip(self.taken.tolist(), usual.whole(), taken.whole(), strict=True)
        return Told([other if is_taken else one for is_taken, one, other in rows], {})


def _decisions(scores: NDArray[np.float64], threshold: float | None) -> Sequence[bool | None]:
    if threshold is None:
        return [None] * len(scores)
    decisions: list[bool] = (scores >= threshold).tolist()
    return decisions
