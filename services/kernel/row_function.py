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
    """A function of features.py that doesn't give a number for each row."""


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A function and the columns that it takes."""

    function: str
    call: Function
    arguments: tuple[Expression, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What it reads."""
        return tuple(dict.fromkeys(name for argument in self.arguments for name in argument.names))

    def evaluate(self, columns: Mapping[str, Column], rows: int) -> Doubles:
        """One number a row, NaN where it is missing, and in a row for which the function raises.

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
        """The columns that the function takes: numbers and flags as float64, none of them to be written to."""
        return [_sealed(argument.evaluate(columns, rows)) for argument in self.arguments]

    def called(self, given: Sequence[Column], rows: int) -> Doubles:
        """What the function gives for these columns. Raises what it raises, and FunctionWrong."""
        if rows == 0:
            return np.empty(0)
        found = np.asarray(self.call(*given))
        if found.shape != (rows,) or found.dtype.kind not in "fiub":
            what = f"{found.dtype} {list(found.shape)}"
            raise FunctionWrong(f"{FILE}: {self.function} gave {what}, expected numbers [{rows}], one a row")
        return found.astype(np.float64)

    def _alone(self, given: Sequence[Column], row: int) -> Doubles:
        try:
            return self.called([column[row : row + 1] for column in given], 1)
        except FunctionWrong:
            raise
        except Exception:
            return np.array([np.nan])


def row_features(features: Iterable[RowFeature], functions: str | None) -> dict[str, Expression | RowFunction]:
    """What computes each row feature. functions: the content of features.py; runs it if one is called."""
    chosen = list(features)
    called = any(feature.function for feature in chosen)
    scope = load(functions) if called and functions is not None else {}
    return {
        name: parse(expressions[0])
        if function is None
        else RowFunction(function, scope[function], tuple(map(parse, expressions)))
        for name, expressions, function in chosen
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
