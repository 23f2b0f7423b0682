"""The rules of the event's fields, judged a column at a time.

Numbers must be finite: NaN and infinite values are refused by rule `type`; what is unknown is null, where the schema
allows it. A null breaks no rule but `null` itself; a check isn't judged where its own field is null.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from services.contracts.expression import MISSING_TIME, Expression, Kind, parse
from services.contracts.pipeline.event import EventField
from services.contracts.reference import DIGEST
from services.validation.domain.conversion import EARLIEST, LATEST
from services.validation.domain.reason import MASKED, Reason, shown

Payload = Mapping[str, Any]
Mask = npt.NDArray[np.bool_]
Broken = dict[int, list[Reason]]
"""Row → its broken rules; rows without are absent."""


class Rules:
    """What the fields of one record type must obey. types: Avro types; kinds: how expressions see the fields."""

    def __init__(self, types: Mapping[str, str], fields: Mapping[str, EventField], kinds: Mapping[str, Kind]) -> None:
        self._types, self._fields, self._kinds = types, fields, kinds
        self._checks: list[tuple[str, Expression]] = [
            (name, parse(field.check)) for name, field in fields.items() if field.check is not None
        ]
        self._read = sorted({name for _, check in self._checks for name in check.names})
        self._patterns = {name: re.compile(field.pattern) for name, field in fields.items() if field.pattern}
        self._allowed = {name: frozenset(field.one_of) for name, field in fields.items() if field.one_of}

    def broken(self, rows: Sequence[Payload]) -> Broken:
        """Judge the rows of a batch; each has every field with a value of its Avro type."""
        broken: Broken = {}
        if not rows:
            return broken
        for name in self._types:
            self._judge(name, [row[name] for row in rows], broken)
        self._judge_checks(rows, broken)
        return broken

    def _judge(self, name: str, column: list[Any], broken: Broken) -> None:
        field = self._fields.get(name, EventField())
        if field.nullable is False and None in column:
            self._refuse(broken, name, column, _is_null(column), "null", "a value")
        if self._types[name] in ("float", "double"):
            numbers = np.array(column, dtype=np.float64)
            self._judge_finite(name, column, numbers, broken)
            self._judge_range(name, field, column, numbers, broken)
        elif self._types[name] in ("int", "long") and (field.min is not None or field.max is not None):
            self._judge_range(name, field, column, np.array(column, dtype=np.float64), broken)
        elif self._types[name] == "timestamp":
            self._judge_time(name, column, broken)
        if self._kinds.get(name) == "reference":
            self._judge_references(name, column, broken)
        if name in self._allowed or name in self._patterns:
            self._judge_texts(name, column, broken)

    def _judge_finite(self, name: str, column: list[Any], numbers: npt.NDArray[np.float64], broken: Broken) -> None:
        odd = ~np.isfinite(numbers)
        if odd.any():
            self._refuse(broken, name, column, odd & ~_is_null(column), "type", "a finite number")

    def _judge_range(
        self, name: str, field: EventField, column: list[Any], numbers: npt.NDArray[np.float64], broken: Broken
    ) -> None:
        if field.min is not None:
            self._refuse(broken, name, column, numbers < field.min, "range", f"at least {field.min:g}")
        if field.max is not None:
            self._refuse(broken, name, column, numbers > field.max, "range", f"at most {field.max:g}")

    def _judge_time(self, name: str, column: list[Any], broken: Broken) -> None:
        times = np.array([0 if time is None else time for time in column], dtype=np.int64)
        odd = (times < EARLIEST) | (times > LATEST)
        self._refuse(broken, name, column, odd, "range", "a time in the years 1 to 9999")

    def _judge_references(self, name: str, column: list[Any], broken: Broken) -> None:
        if odd := {value for value in column if value is not None and not DIGEST.fullmatch(value)}:
            expected = "the SHA-256 of bytes in the object store, 64 lower-case hexadecimal digits"
            self._refuse(broken, name, column, _among(column, odd), "type", expected)

    def _judge_texts(self, name: str, column: list[Any], broken: Broken) -> None:
        allowed, pattern = self._allowed.get(name), self._patterns.get(name)
        distinct = set(column) - {None}
        if allowed is not None and (odd := distinct - allowed):
            expected = f"one of {', '.join(sorted(map(str, allowed)))}"
            self._refuse(broken, name, column, _among(column, odd), "set", expected)
        if pattern is not None and (odd := {value for value in distinct if not pattern.fullmatch(value)}):
            self._refuse(broken, name, column, _among(column, odd), "pattern", pattern.pattern)

    def _judge_checks(self, rows: Sequence[Payload], broken: Broken) -> None:
        columns = {name: column_of(self._kinds[name], [row[name] for row in rows]) for name in self._read}
        for name, check in self._checks:
            column = [row[name] for row in rows]
            fails = ~np.asarray(check.evaluate(columns, len(rows)), dtype=bool) & ~_is_null(column)
            self._refuse(broken, name, column, fails, "check", check.text)

    def _refuse(self, broken: Broken, name: str, column: list[Any], odd: Mask, rule: str, expected: str) -> None:
        field = self._fields.get(name)
        masked = field is not None and field.pii is not None
        for row in np.flatnonzero(odd).tolist():
            got = MASKED if masked else shown(column[row])
            broken.setdefault(row, []).append(Reason(name, rule, expected, got))


def column_of(kind: Kind, values: Sequence[Any]) -> npt.NDArray[Any]:
    """Values of a field as expressions read them."""
    if kind in ("number", "flag"):
        return np.array(values, dtype=np.float64)
    if kind == "time":
        return np.array([MISSING_TIME if value is None else value for value in values], dtype=np.int64)
    column = np.empty(len(values), dtype=object)
    column[:] = [None if value is None else str(value) for value in values]
    return column


def _is_null(column: list[Any]) -> Mask:
    return np.array([value is None for value in column], dtype=np.bool_)


def _among(column: list[Any], odd: set[Any]) -> Mask:
    return np.array([value in odd for value in column], dtype=np.bool_)
