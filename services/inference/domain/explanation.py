"""Why a row has its score: what each feature adds to it, beside rows that the model was measured on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from services.inference.domain.shapley import Design, Flags, Floats, design
from services.inference.domain.vectors import Vectors


def feature_of(column: str) -> str:
    """The feature that a column is of: `customer.spend` of `customer.spend.mean.7d`; an event field is its own."""
    return ".".join(column.split(".")[:2])


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score is `base` and all contributions, by feature and the farthest from 0 first; in the score's own unit."""

    score: float
    base: float
    contributions: Mapping[str, float]


class Explainer:
    """Shapley values of a model's score, of whatever family the model is: all that is asked of it are scores.

    background: rows that stand for the usual, of the columns that the model reads. The columns of one feature (its
    windows and aggregates) join together: no entity has some of them with another's for the rest.
    """

    def __init__(self, scores: Callable[[Vectors], Floats], background: Vectors) -> None:
        self._scores, self._background = scores, background
        columns = (*background.number_names, *background.category_names)
        self.features = tuple(dict.fromkeys(map(feature_of, columns)))
        self._places = [self.features.index(feature_of(column)) for column in columns]

    def explain(self, row: Vectors) -> Explanation | None:
        """Of one vector; None if a mixture with a row of the background has no score.

        The same row gives the same bits, whatever else is explained. Raises what scoring raises.
        """
        scores = self._scores(self._mixed(row))
        if not np.isfinite(scores).all():
            return None
        values = self._design.values(scores).tolist()
        found = sorted(zip(self.features, values, strict=True), key=lambda one: -abs(one[1]))
        return Explanation(float(scores[0]), self._design.base(scores), dict(found))

    @cached_property
    def _design(self) -> Design:
        return design(len(self.features), len(self._background))

    def _mixed(self, row: Vectors) -> Vectors:
        """The mixtures of the design, of the columns that the background has."""
        other, whose, columns = self._background, self._design.background, row.columns
        joined: Flags = self._design.joined[:, self._places]
        of_numbers, of_texts = np.split(joined, [len(other.number_names)], 1)
        numbers = np.array([columns[name][0] for name in other.number_names], np.float32)
        texts = np.array([columns[name][0] for name in other.category_names], object)
        categories = np.array(other.categories, object).reshape(len(other), -1)
        return Vectors(
            other.number_names,
            other.category_names,
            np.where(of_numbers, numbers, other.numbers[whose]),
            np.where(of_texts, texts, categories[whose]).tolist(),
        )
