"""The feature vectors of a batch as columns by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Vectors:
    """A batch of vectors. numbers: float32 [rows, len(number_names)]; categories: one sequence of names a row."""

    number_names: tuple[str, ...]
    category_names: tuple[str, ...]
    numbers: NDArray[np.float32]
    categories: Sequence[Sequence[str]]

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, chosen: NDArray[np.intp]) -> "Vectors":
        """The same columns of some rows."""
        return Vectors(
            self.number_names, self.category_names, self.numbers[chosen], [self.categories[row] for row in chosen]
        )

    @cached_property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Each column by name: float32 [rows] for numbers, str objects [rows] for categories."""
        found: dict[str, NDArray[Any]] = {name: self.numbers[:, i] for i, name in enumerate(self.number_names)}
        for i, name in enumerate(self.category_names):
            found[name] = np.array([row[i] for row in self.categories], dtype=object)
        return found
