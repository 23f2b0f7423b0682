"""Times for people and programs."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(time: int | None) -> str | None:
    """Microseconds since 1970 as ISO 8601 in UTC, with the part of a second where there is one; as a number where no
    year can tell it, None of None."""
    if time is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=time)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return f"{time} µs"


def iso(time: int | None) -> str | None:
    """Microseconds since 1970 as ISO 8601 text in UTC."""
    if time is None:
        return None
    return datetime.fromtimestamp(time / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
