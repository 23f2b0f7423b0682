"""A stretch of time, as a condition of SQL."""

_TIME = "arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')"


def within(column: str, start: int | None, end: int | None) -> str:
    """Condition for the rows whose time lies from `start` to before `end`, in microseconds since 1970; None is open."""
    bounds = ((">=", start), ("<", end))
    asked = [f"{column} {sign} {_TIME.format(f'{time:d}')}" for sign, time in bounds if time is not None]
    return " AND ".join(asked) or "true"
