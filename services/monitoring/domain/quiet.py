"""When to look at what has come: once nothing comes any more, so that what belongs together is seen together."""

QUIET, LONGEST = 2.0, 30.0
"""Seconds without anything new; and after which what came first waits no longer, however much comes after it."""


class Quiet:
    """All times are seconds of a clock that never goes back. At its beginning something waits."""

    def __init__(self, now: float) -> None:
        self._first: float | None = now
        self._last = now

    @property
    def waits(self) -> bool:
        """Something came that wasn't looked at."""
        return self._first is not None

    def heard(self, now: float) -> None:
        """Something came."""
        self._first, self._last = now if self._first is None else self._first, now

    def is_over(self, now: float) -> bool:
        """Whether to look at what waits."""
        return self._first is not None and (now - self._last >= QUIET or now - self._first >= LONGEST)

    def looked(self) -> None:
        """It was looked at."""
        self._first = None
