"""JSON objects as records of the user's Avro schema.

Types are taken strictly: text is no number, 1 is no boolean. A number without a fraction is whole (JSON has one number
type). Times are ISO 8601 text (UTC where it names no zone) or whole microseconds since 1970 UTC. Names that the schema
doesn't have are left out, as Avro does; absent ones get the schema's default, else null where that is allowed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from services.validation.domain.reason import MASKED, Reason, shown

EARLIEST = -62_135_596_800_000_000
LATEST = 253_402_300_799_999_999
"""Times lie in the years 1 to 9999: what calendars and the lake can hold."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST_FLOAT32 = 3.4028235677973366e38
_NOTHING = object()

Convert = Callable[[Any], Any]
"""From a JSON value to an Avro value; raises ValueError or TypeError where it isn't one."""


class _Field(NamedTuple):
    name: str
    convert: Convert
    expected: str
    nullable: bool
    default: Any
    masked: bool


class Conversion:
    """Converts the objects of one record type. masked: fields whose values no reason may show."""

    def __init__(self, schema: Mapping[str, Any], types: Mapping[str, str], masked: frozenset[str]) -> None:
        self._fields = [_field(field, types[field["name"]], field["name"] in masked) for field in schema["fields"]]

    def read(self, value: Mapping[str, Any]) -> tuple[dict[str, Any], list[Reason]]:
        """The fields that could be read, and what is wrong with the others."""
        payload: dict[str, Any] = {}
        reasons: list[Reason] = []
        for field in self._fields:
            given = value.get(field.name, _NOTHING)
            if given is None or given is _NOTHING:
                _absent(field, given, payload, reasons)
                continue
            try:
                payload[field.name] = field.convert(given)
            except (ValueError, TypeError, OverflowError):
                got = MASKED if field.masked else shown(given)
                reasons.append(Reason(field.name, "type", field.expected, got))
        return payload, reasons


def _absent(field: _Field, given: Any, payload: dict[str, Any], reasons: list[Reason]) -> None:
    if given is _NOTHING and field.default is not _NOTHING:
        payload[field.name] = field.default
    elif field.nullable:
        payload[field.name] = None
    else:
        reasons.append(Reason(field.name, "null", field.expected, "null" if given is None else "nothing"))


def _field(schema: Mapping[str, Any], type_: str, masked: bool) -> _Field:
    declared = schema["type"]
    nullable = isinstance(declared, list) and "null" in declared
    symbols: frozenset[str] = frozenset()
    if type_ == "enum":
        branches = declared if isinstance(declared, list) else [declared]
        symbols = frozenset(next(branch for branch in branches if isinstance(branch, dict))["symbols"])
    expected = f"one of {', '.join(sorted(symbols))}" if symbols else _EXPECTED[type_]
    convert = _symbol(symbols) if symbols else _CONVERSIONS[type_]
    return _Field(schema["name"], convert, expected, nullable, schema.get("default", _NOTHING), masked)


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not low <= value <= high:
            raise ValueError
        return value

    return convert


def _real(largest: float) -> Convert:
    def convert(value: Any) -> float:
        if type(value) not in (float, int) or abs(value) > largest:
            raise ValueError
        return float(value)

    return convert


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


_long = _whole(-(2**63), 2**63 - 1)


def _symbol(symbols: frozenset[str]) -> Convert:
    def convert(value: Any) -> str:
        if type(value) is not str or value not in symbols:
            raise ValueError
        return value

    return convert


def microseconds(value: Any) -> int:
    """Microseconds since 1970 UTC of ISO 8601 text, or of such a number already; raises ValueError."""
    if type(value) is int:
        return _long(value)
    if type(value) is not str:
        raise ValueError
    time = datetime.fromisoformat(value)
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


_EXPECTED = {
    "int": "a whole number of 32 bits",
    "long": "a whole number of 64 bits",
    "float": "a finite number of 32 bits",
    "double": "a finite number",
    "boolean": "true or false",
    "string": "text",
    "timestamp": "ISO 8601 text or whole microseconds since 1970 UTC",
}
_CONVERSIONS: dict[str, Convert] = {
    "int": _whole(-(2**31), 2**31 - 1),
    "long": _long,
    "float": _real(_LARGEST_FLOAT32),
    "double": _real(float("inf")),
    "boolean": _flag,
    "string": _text,
    "timestamp": microseconds,
}
