"""Evaluates a tree over columns, one numpy pass a node.

Columns: numbers and flags float64 (or bool), NaN for missing; categories object arrays of str, None for missing; times
int64 microseconds since 1970 UTC, `MISSING_TIME` for missing. A comparison or `in` with a missing value is false (also
`!=` and `not in`), a missing number counts as false in `and`, `or`, `not` and `if`; arithmetic with a missing value is
missing, and so is every result that would not be finite (a division by zero, the logarithm of 0).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from services.contracts.expression.tree import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Logic,
    Membership,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Text,
    Truth,
)

Column: TypeAlias = npt.NDArray[Any]

MISSING_TIME = np.iinfo(np.int64).min
_MINUTE, _HOUR, _DAY = 60_000_000, 3_600_000_000, 86_400_000_000

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.mod,
}


def evaluate(node: Node, columns: Mapping[str, Column]) -> Column:
    """The value of `node` for every row of `columns`; an array without a dimension where no name is used."""
    with np.errstate(all="ignore"):
        return _value(node, columns)


def _value(node: Node, columns: Mapping[str, Column]) -> Column:
    return _RULES[type(node)](node, columns)


def missing(column: Column) -> Column:
    """Which values of `column` are missing, as bool."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype == np.int64:
        return np.asarray(column == MISSING_TIME)
    if column.dtype == object:
        return np.asarray(column == None, dtype=bool)  # noqa: E711 (for each element)
    return np.zeros(column.shape, dtype=bool)


def _number(column: Column) -> Column:
    # contiguous, since numpy's vector and scalar loops may differ in the last bit of log and exp
    return np.ascontiguousarray(column, dtype=np.float64) if column.ndim else column.astype(np.float64)


def _truth(column: Column) -> Column:
    return column if column.dtype == bool else np.asarray((column != 0) & ~np.isnan(_number(column)))


def _finite(column: Any) -> Column:
    return np.where(np.isfinite(column), column, np.nan)


def _name(node: Name, columns: Mapping[str, Column]) -> Column:
    column = np.asarray(columns[node.name])
    return column if column.dtype in (np.int64, bool, object) else _number(column)


def _negative(node: Negative, columns: Mapping[str, Column]) -> Column:
    return np.negative(_number(_value(node.operand, columns)))


def _not(node: Not, columns: Mapping[str, Column]) -> Column:
    return np.logical_not(_truth(_value(node.operand, columns)))


def _arithmetic(node: Arithmetic, columns: Mapping[str, Column]) -> Column:
    left, right = _value(node.left, columns), _value(node.right, columns)
    if left.dtype == np.int64 and right.dtype == np.int64:
        return np.where(missing(left) | missing(right), np.nan, (left - right) / 1e6)
    return _finite(_ARITHMETIC[node.op](_number(left), _number(right)))


def _comparison(node: Comparison, columns: Mapping[str, Column]) -> Column:
    values = [_value(operand, columns) for operand in node.operands]
    holds = [_compare(op, a, b) for op, a, b in zip(node.ops, values[:-1], values[1:], strict=True)]
    found: Column = holds[0]
    for hold in holds[1:]:
        found = found & hold
    return found


def _compare(op: str, left: Column, right: Column) -> Column:
    found = np.asarray(_COMPARE[op](left, right), dtype=bool)
    return np.asarray(found & ~missing(left) & ~missing(right))


def _membership(node: Membership, columns: Mapping[str, Column]) -> Column:
    value = _value(node.operand, columns)
    found = np.zeros(value.shape, dtype=bool)
    for item in node.items:
        found = found | np.asarray(value == item.value, dtype=bool)
    return np.asarray(~found & ~missing(value)) if node.negated else found


def _logic(node: Logic, columns: Mapping[str, Column]) -> Column:
    join = np.logical_and if node.op == "and" else np.logical_or
    found = _truth(_value(node.operands[0], columns))
    for operand in node.operands[1:]:
        found = join(found, _truth(_value(operand, columns)))
    return found


def _choice(node: Choice, columns: Mapping[str, Column]) -> Column:
    condition = _truth(_value(node.condition, columns))
    then, otherwise = _alike([_value(node.then, columns), _value(node.otherwise, columns)])
    return np.where(condition, then, otherwise)


def _alike(values: list[Column]) -> list[Column]:
    return values if len({value.dtype for value in values}) == 1 else [_number(value) for value in values]


def _coalesce(*arguments: Column) -> Column:
    values = _alike(list(arguments))
    found: Column = values[0]
    for value in values[1:]:
        found = np.where(missing(found), value, found)
    return found


def _calendar(part: Callable[[Column], Column]) -> Callable[[Column], Column]:
    return lambda time: np.where(missing(time), np.nan, part(time).astype(np.float64))


def _day_of_month(time: Column) -> Column:
    days: Column = np.floor_divide(time, _DAY).astype("datetime64[D]")
    since: Column = (days - days.astype("datetime64[M]")).astype(np.int64)
    return since + 1


def _month(time: Column) -> Column:
    months: Column = np.floor_divide(time, _DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months % 12 + 1


def _extreme(join: Callable[[Any, Any], Any]) -> Callable[..., Column]:
    def extreme(*arguments: Column) -> Column:
        found: Column = _number(arguments[0])
        for argument in arguments[1:]:
            found = join(found, _number(argument))
        return found

    return extreme


def _clip(value: Column, low: Column, high: Column) -> Column:
    return np.minimum(np.maximum(_number(value), _number(low)), _number(high))


def _round(value: Column, digits: Column | None = None) -> Column:
    scale = np.power(10.0, np.asarray(0.0) if digits is None else _number(digits))
    return _finite(np.round(_number(value) * scale) / scale)


def _numeric(function: Callable[[Any], Any]) -> Callable[[Column], Column]:
    return lambda value: _finite(function(_number(value)))


_CALLS: dict[str, Callable[..., Column]] = {
    "abs": _numeric(np.abs),
    "log": _numeric(np.log),
    "log1p": _numeric(np.log1p),
    "exp": _numeric(np.exp),
    "sqrt": _numeric(np.sqrt),
    "floor": _numeric(np.floor),
    "min": _extreme(np.minimum),
    "max": _extreme(np.maximum),
    "clip": _clip,
    "round": _round,
    "minute": _calendar(lambda time: np.floor_divide(time, _MINUTE) % 60),
    "hour": _calendar(lambda time: np.floor_divide(time, _HOUR) % 24),
    # Monday is 0; 1970-01-01 was a Thursday
    "day_of_week": _calendar(lambda time: (np.floor_divide(time, _DAY) + 3) % 7),
    "day_of_month": _calendar(_day_of_month),
    "month": _calendar(_month),
    "is_missing": missing,
    "coalesce": _coalesce,
}

_RULES: dict[type, Callable[[Any, Mapping[str, Column]], Column]] = {
    Name: _name,
    Number: lambda node, _: np.asarray(node.value, dtype=np.float64),
    Text: lambda node, _: np.asarray(node.value, dtype=object),
    Truth: lambda node, _: np.asarray(node.value, dtype=bool),
    Negative: _negative,
    Not: _not,
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    Membership: _membership,
    Logic: _logic,
    Choice: _choice,
    Call: lambda node, columns: _CALLS[node.function](*(_value(a, columns) for a in node.arguments)),
}
