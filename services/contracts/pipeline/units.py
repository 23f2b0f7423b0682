"""Durations (`10m`, `7d`), rates (`1/week`), shares (`1%`) and drawn shares of a pipeline file, as pydantic types."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, ClassVar

from services.contracts.pipeline.written import Written

MICROSECONDS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_PERIODS = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w"}
_DURATION = re.compile(r"(\d+)(us|ms|s|m|h|d|w)", re.ASCII)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%", re.ASCII)
_RATE = re.compile(rf"(\d+(?:\.\d+)?)/(?:({'|'.join(_PERIODS)})|(\d+(?:us|ms|s|m|h|d|w)))", re.ASCII)
_RAREST = 100_000
_LONGEST = 100 * 366 * MICROSECONDS["d"]


class Duration(Written, int):
    """A length of time: an integer of microseconds whose text is as the user wrote it (`24h` stays `24h`)."""

    pattern: ClassVar[str] = f"^{_DURATION.pattern}$"
    examples: ClassVar[tuple[str, ...]] = (
        "10m",
        "7d",
    )

    text: str

    def __new__(cls, text: str) -> "Duration":
        """Read `text`, for instance `30s`; raises ValueError."""
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError("a duration is a whole number and a unit (us, ms, s, m, h, d, w), such as 10m or 7d")
        value = int(match[1][:20]) * MICROSECONDS[match[2]]
        if value > _LONGEST:
            raise ValueError("a duration is at most a hundred years")
        duration = super().__new__(cls, value)
        duration.text = text
        return duration

    @classmethod
    def of(cls, microseconds: int) -> "Duration":
        """The duration of so many microseconds, written in the greatest unit that fits, weeks left out."""
        unit = next(u for u in ("d", "h", "m", "s", "ms", "us") if microseconds % MICROSECONDS[u] == 0)
        return cls(f"{microseconds // MICROSECONDS[unit]}{unit}")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Duration('{self.text}')"

    def __reduce__(self) -> "tuple[type[Duration], tuple[str]]":
        """What copy and pickle make it from."""
        return (Duration, (self.text,))

    @classmethod
    def read(cls, value: Any) -> "Duration":
        """The duration `value` stands for: text, or a duration already; raises ValueError."""
        if isinstance(value, Duration):
            return value
        if not isinstance(value, str):
            raise ValueError(f"a duration needs a unit (us, ms, s, m, h, d, w), such as 10m or 7d, found {value!r}")
        return cls(value)


class Moment(Written, int):
    """A time of events: an integer of microseconds since 1970 whose text is as the user wrote it, in UTC."""

    pattern: ClassVar[str] = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?Z?)?$"
    examples: ClassVar[tuple[str, ...]] = (
        "2026-03-01",
        "2026-03-01T06:00",
    )

    text: str

    def __new__(cls, text: str) -> "Moment":
        """Read `text`; raises ValueError."""
        if re.fullmatch(cls.pattern, text, re.ASCII) is None:
            raise ValueError(
                "a time is a date, with hours and minutes if need be, in UTC: 2026-03-01 or 2026-03-01T06:00"
            )
        told = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
        moment = super().__new__(cls, int(told.timestamp()) * MICROSECONDS["s"])
        moment.text = text
        return moment

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> "tuple[type[Moment], tuple[str]]":
        """What copy and pickle make it from."""
        return (Moment, (self.text,))

    @classmethod
    def read(cls, value: Any) -> "Moment":
        """The time `value` stands for; raises ValueError."""
        return value if isinstance(value, Moment) else cls(value if isinstance(value, str) else "")


@dataclass(frozen=True, slots=True)
class Rate(Written):
    """So many times in a period: `count` a period of `per` microseconds; `text` as the user wrote it."""

    pattern: ClassVar[str] = f"^{_RATE.pattern}$"
    examples: ClassVar[tuple[str, ...]] = (
        "1/week",
        "200/day",
    )

    text: str
    count: float
    per: int

    def __str__(self) -> str:
        return self.text

    @classmethod
    def read(cls, value: Any) -> "Rate":
        """The rate `value` stands for, for instance `1/week`, `200/day`, `3/12h`; raises ValueError."""
        if isinstance(value, Rate):
            return value
        match = _RATE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError("a rate is a number, a slash and a period, such as 1/week, 200/day or 3/12h")
        per = Duration(match[3] or f"1{_PERIODS[match[2]]}")
        if per == 0:
            raise ValueError("the period of a rate is longer than nothing")
        return cls(value, float(match[1]), int(per))


@dataclass(frozen=True, slots=True)
class Percent(Written):
    """A share as a number between 0 and 1; `text` as the user wrote it (`0.5%`)."""

    pattern: ClassVar[str] = f"^{_PERCENT.pattern}$"
    examples: ClassVar[tuple[str, ...]] = (
        "1%",
        "0.5%",
    )

    text: str
    share: float

    def __str__(self) -> str:
        return self.text

    @classmethod
    def read(cls, value: Any) -> "Percent":
        """The share `value` stands for, for instance `1%`; raises ValueError."""
        if isinstance(value, Percent):
            return value
        match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if match is None or not 0 < float(match[1]) <= 100:
            raise ValueError("a share is a number above 0, at most 100, and a percent sign, such as 1% or 0.5%")
        return cls(value, float(match[1]) / 100)


class OneIn(Written, int):
    """A share that is drawn, one in so many: `1%` is one in 100. Its text is as the user wrote it."""

    pattern: ClassVar[str] = f"^{_PERCENT.pattern}$"
    examples: ClassVar[tuple[str, ...]] = (
        "1%",
        "10%",
    )

    text: str

    def __new__(cls, text: str) -> "OneIn":
        """Read `text`; raises ValueError. Each one drawn stands for a whole number then."""
        match = _PERCENT.fullmatch(text)
        share = Fraction(match[1]) / 100 if match else Fraction(0)
        if share.numerator != 1 or not 2 <= share.denominator <= _RAREST:
            raise ValueError("a drawn share is a percentage that is one in a whole number, such as 1%, 2.5% or 10%")
        drawn = super().__new__(cls, share.denominator)
        drawn.text = text
        return drawn

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> "tuple[type[OneIn], tuple[str]]":
        """What copy and pickle make it from."""
        return (OneIn, (self.text,))

    @classmethod
    def read(cls, value: Any) -> "OneIn":
        """The share `value` stands for: text, or a share already; raises ValueError."""
        return value if isinstance(value, OneIn) else cls(value if isinstance(value, str) else "")
