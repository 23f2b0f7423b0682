"""Rows whose scores are known, as the columns that a model file reads."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Feed = Mapping[str, NDArray[Any]]
"""Inputs by name, [rows, 1]: float32 or text."""


class GoldenFeed:
    """numbers, categories: names of the inputs. number_rows, category_rows: as in a Golden, missing numbers null."""

    def __init__(
        self,
        numbers: Sequence[str],
        categories: Sequence[str],
        number_rows: Sequence[Sequence[float | None]],
        category_rows: Sequence[Sequence[str]],
    ) -> None:
        self._rows = len(number_rows)
        self._numbers = dict(zip(numbers, np.array(number_rows, np.float32).reshape(self._rows, -1).T, strict=True))
        texts = [[row[place] for row in category_rows] for place in range(len(categories))]
        self._texts = {name: np.array(column, object) for name, column in zip(categories, texts, strict=True)}

    def __len__(self) -> int:
        return self._rows

    def of(self, chosen: NDArray[np.intp]) -> Feed:
        """Some of the rows; those beyond the last begin again. A single one comes twice, as inference does it."""
        places = (chosen if len(chosen) > 1 else np.repeat(chosen, 2)) % self._rows
        columns = {**self._numbers, **self._texts}
        return {name: np.ascontiguousarray(column[places]).reshape(-1, 1) for name, column in columns.items()}
