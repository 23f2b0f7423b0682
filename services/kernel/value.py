"""What the kernel is given of each record: the numbers of an expression, or their hashes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.contracts.expression import Column, Expression, parse
from services.kernel.hashing import hashed
from services.kernel.parts import ValueColumn
from services.kernel.tables import Doubles


@dataclass(frozen=True, slots=True)
class Value:
    """A column of a plan, parsed."""

    expression: Expression
    is_hashed: bool

    @classmethod
    def of(cls, column: ValueColumn) -> "Value":
        """That of a plan's column."""
        return cls(parse(column.expression), column.hashed)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it reads."""
        return self.expression.names

    def evaluate(self, columns: Mapping[str, Column], rows: int) -> Doubles:
        """One number a record, NaN where it is missing."""
        found = self.expression.evaluate(columns, rows)
        return hashed(found) if self.is_hashed else found.astype(np.float64)
