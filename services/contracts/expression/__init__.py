"""One safe expression language for every place of a pipeline file: checks, features, rules, conditions.

Names with dots, numbers, durations (as seconds), strings, `+ - * / %`, chained comparisons, `and`, `or`, `not`, `in
[...]`, `a if c else b`, and the functions of `FUNCTIONS`. Nothing else can be reached from it.

    >>> ratio = parse("amount / customer.spend.mean.28d")
    >>> ratio.names
    ('amount', 'customer.spend.mean.28d')
    >>> ratio.evaluate({"amount": np.array([6.0, 1.0]), "customer.spend.mean.28d": np.array([3.0, np.nan])})
    array([ 2., nan])
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from services.contracts.expression.error import ExpressionError
from services.contracts.expression.evaluation import MISSING_TIME, Column, evaluate
from services.contracts.expression.functions import FUNCTIONS, nearest
from services.contracts.expression.kinds import Kind, KindCheck
from services.contracts.expression.parser import RESERVED, Parser
from services.contracts.expression.tree import Node, names

__all__ = [
    "FUNCTIONS",
    "MISSING_TIME",
    "RESERVED",
    "Column",
    "Expression",
    "ExpressionError",
    "Kind",
    "nearest",
    "parse",
]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its `text`, its `tree`, and the `names` it reads in the order of their first use."""

    text: str
    tree: Node
    names: tuple[str, ...]

    def kind(self, kinds: Mapping[str, Kind]) -> Kind:
        """What the expression gives, where each name is of the kind in `kinds`; raises ExpressionError."""
        return KindCheck(self.text, kinds, self.tree).kind(self.tree)

    def evaluate(self, columns: Mapping[str, Column], rows: int | None = None) -> Column:
        """One value a row. `columns`: see `evaluation`; flags come out as bool. `rows` is needed without any name.

        Raises KeyError for an absent column; never for a value.
        """
        value = evaluate(self.tree, columns)
        if value.ndim:
            return value
        if rows is None:
            rows = len(next(iter(columns.values()))) if columns else 1
        return np.full(rows, value[()], dtype=value.dtype)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression written in `text`; raises ExpressionError, which knows the column, where there is none."""
    tree = Parser(text).parse()
    return Expression(text, tree, tuple(dict.fromkeys(found.name for found in names(tree))))
