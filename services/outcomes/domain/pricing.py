"""What wrong decisions cost, by the pipeline's file and the features that were answered with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.expression import parse
from services.contracts.numbers import finite
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.layout import Layout
from services.contracts.pipeline.model import Cost
from services.outcomes.domain.answer import Answer


@dataclass(frozen=True, slots=True)
class Pricing:
    """cost: as the file says it. layout, feature_set: of the features that it may speak of."""

    cost: Cost
    layout: Layout
    feature_set: str

    @classmethod
    def of(cls, pipeline: Pipeline) -> "Pricing | None":
        """None where the file doesn't say what wrong decisions cost."""
        resolved, cost = pipeline.resolved, pipeline.model.cost
        return None if cost is None else cls(cost, resolved.layout, resolved.feature_set)

    def amounts(self, wrong: Sequence[Answer]) -> list[float | None]:
        """What each of some wrong decisions cost, as often as it stands for events; None where that follows from
        features, and others were answered with. Nothing where the expression is missing or negative."""
        found: list[float | None] = [None] * len(wrong)
        for positive, said in ((True, self.cost.missed), (False, self.cost.false_alarm)):
            places = [i for i, one in enumerate(wrong) if one.positive is positive and self._knows(one, said)]
            for place, amount in zip(places, self._evaluated(said, [wrong[place] for place in places]), strict=True):
                found[place] = amount * wrong[place].weight
        return found

    def _knows(self, answer: Answer, said: float | str) -> bool:
        return not isinstance(said, str) or answer.feature_set == self.feature_set

    def _evaluated(self, said: float | str, answers: Sequence[Answer]) -> list[float]:
        if not isinstance(said, str) or not answers:
            return [float(said)] * len(answers) if not isinstance(said, str) else []
        expression = parse(said)
        columns = {name: self._column(name, answers) for name in expression.names}
        values = expression.evaluate(columns, len(answers)).astype(np.float64)
        amounts: list[float] = np.maximum(np.nan_to_num(values), 0.0).tolist()
        return amounts

    def _column(self, name: str, answers: Sequence[Answer]) -> NDArray[Any]:
        if name in self.layout.categories:
            place = self.layout.categories.index(name)
            return np.array([answer.categories[place] for answer in answers], object)
        place = self.layout.numbers.index(name)
        numbers = np.frombuffer(b"".join(answer.numbers for answer in answers), "<f4").reshape(len(answers), -1)
        return finite(numbers[:, place].copy()).astype(np.float64)
