"""The period that an account is of: by the time at which Kafka appended a record, which all records have."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.cli.domain.moment import moment
from services.contracts.record import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = len("2026-01-31")
_MICROSECOND = timedelta(microseconds=1)


class Period(NamedTuple):
    """From `start` to before `end`, in microseconds since 1970; None is open."""

    start: int | None = None
    end: int | None = None

    @classmethod
    def of(cls, first: str | None, last: str | None) -> "Period":
        """Of two texts: a date is the whole day in UTC, the last one included; of times the last one is excluded.

        Raises ValueError for a text that is no time, and for a period that ends before it begins.
        """
        start, end = (None if text is None else _time(text) for text in (first, last))
        if last is not None and end is not None and len(last) == _DATE:
            end += timedelta(days=1) // _MICROSECOND
        if start is not None and end is not None and end <= start:
            raise ValueError(f"the period ends ({last}) before it begins ({first})")
        return cls(start, end)

    def has(self, time: int) -> bool:
        """Whether a time lies in it."""
        return (self.start is None or time >= self.start) and self.knows(time)

    def knows(self, time: int) -> bool:
        """Whether a time lies before its end."""
        return self.end is None or time < self.end

    def of_records(self, records: Iterable[Record]) -> list[Record]:
        """Those that were appended in it."""
        return [record for record in records if self.has(record.timestamp)]

    def by_its_end(self, records: Iterable[Record]) -> list[Record]:
        """Those that were appended before its end."""
        return [record for record in records if self.knows(record.timestamp)]

    def __str__(self) -> str:
        first = "the first record" if self.start is None else moment(self.start)
        last = "the last record" if self.end is None else f"before {moment(self.end)}"
        return f"from {first} to {last}"


def _time(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text} is no date and no time, such as 2026-01-31 or 2026-01-31T12:00Z") from error
    whole = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return (whole - _EPOCH) // _MICROSECOND
