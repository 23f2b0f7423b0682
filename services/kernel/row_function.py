"""Row features in Python: the functions of a pipeline's features.py, over columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from services.contracts.expression import Column, Expression, parse
from services.contracts.pipeline import RowFeature
from services.kernel.tables import Doubles

FILE = "features.py"
Function: TypeAlias = Callable[..., Any]


class FunctionWrong(ValueError):
    """A function of features.py that doesn't give its numbers for each row."""


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A function and the columns that it takes. values: how many numbers it gives a row, None for a plain one."""

    function: str
    call: Function
    arguments: tuple[Expression, ...]
    values: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What it reads."""
        return tuple(dict.fromkeys(name for argument in self.arguments for name in argument.names))

    def evaluate(self, columns: Mapping[str, Column], rows: int) -> Doubles:
        """Numbers [rows], or [rows, values]: NaN where one is missing, and in a row for which the function raises.

        Raises FunctionWrong where it gives anything else.
        """
        given = self.given(columns, rows)
        with np.errstate(all="ignore"):
            try:
                return self.called(given, rows)
            except FunctionWrong:
                raise
            except Exception:
                # one row must not take the others with it
                return np.concatenate([self._alone(given, row) for row in range(rows)])

    def given(self, columns: Mapping[str, Column], rows: int) -> list[Column]:
        """The columns that the function takes: numbers and flags as float64, none of them to be written to.

        In columns, a reference's bytes stand in its place.
        """
        return [_sealed(argument.evaluate(columns, rows)) for argument in self.arguments]

    def called(self, given: Sequence[Column], rows: int) -> Doubles:
        """What the function gives for these columns. Raises what it raises, and FunctionWrong."""
        shape = (rows,) if self.values is None else (rows, self.values)
        if rows == 0:
            return np.empty(shape)
        found = np.asarray(self.call(*given))
        if found.shape != shape or found.dtype.kind not in "fiub":
            what, each = f"{found.dtype} {list(found.shape)}", "one" if self.values is None else f"{self.values} values"
            raise FunctionWrong(f"{FILE}: {self.function} gave {what}, expected numbers {list(shape)}, {each} a row")
        return found.astype(np.float64)

    def _alone(self, given: Sequence[Column], row: int) -> Doubles:
        try:
            return self.called([column[row : row + 1] for column in given], 1)
        except FunctionWrong:
            raise
        except Exception:
            return np.full((1,) if self.values is None else (1, self.values), np.nan)


def row_features(features: Iterable[RowFeature], functions: str | None) -> dict[str, Expression | RowFunction]:
    """What computes each row feature, by its name. functions: the content of features.py; runs it if one is called."""
    chosen = list(features)
    called = any(feature.function for feature in chosen)
    scope = load(functions) if called and functions is not None else {}
    return {
        one.name: parse(one.expressions[0])
        if one.function is None
        else RowFunction(one.function, scope[one.function], tuple(map(parse, one.expressions)), one.values)
        for one in chosen
    }


def load(functions: str) -> dict[str, Any]:
    """What features.py defines. Raises what it raises."""
    scope: dict[str, Any] = {"__name__": "features"}
    exec(compile(functions, FILE, "exec"), scope)
    return scope


def _sealed(column: Column) -> Column:
    sealed = np.ascontiguousarray(column, np.float64 if column.dtype == bool else None).view()
    sealed.flags.writeable = False
    return sealed
