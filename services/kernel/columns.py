"""Fields of decoded records as columns, in the types that expressions read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from services.contracts.expression import MISSING_TIME, Column, Kind

Payloads = Sequence[Mapping[str, Any]]

KIND_OF_TYPE: Mapping[str, Kind] = {"boolean": "flag", "string": "category", "enum": "category", "timestamp": "time"}
"""The kind of a field of an Avro type; other types are numbers."""


def columns_of(payloads: Payloads, fields: Iterable[str], kinds: Mapping[str, Kind]) -> dict[str, Column]:
    """One column a field. A field that a record doesn't have is missing there."""
    return {field: _column([payload.get(field) for payload in payloads], kinds[field]) for field in fields}


def _column(values: list[Any], kind: Kind) -> Column:
    if kind == "time":
        return np.array([MISSING_TIME if value is None else value for value in values], np.int64)
    if kind in ("category", "reference"):
        texts = np.empty(len(values), object)
        texts[:] = [value if value is None or type(value) is str else str(value) for value in values]
        return texts
    return np.array(values, np.float64)


def texts_of(column: Column) -> list[str]:
    """A category column as it travels: an empty text where it is missing."""
    return [text or "" for text in column]
