"""Whether a partition lives in the present, so that the clock may tell its time when no event does."""

from dataclasses import dataclass

_SEEN = 1000
_LEAST_STEP = 1_000_000
_PARTS = 10


@dataclass(slots=True)
class Liveness:
    """Live: the last 1,000 accepted events (all, if fewer) happened within `lateness` of when they were appended.

    A replay of history is not live: a pause of it must not make the rest too late. run: how many of the last events
    in a row were timely, at most 1,000. total: how many events there were, likewise.
    """

    lateness: int
    run: int = 0
    total: int = 0

    def update(self, event_time: int, appended_at: int) -> None:
        """Take in the next accepted event; times in microseconds."""
        timely = abs(appended_at - event_time) <= self.lateness
        self.run = min(self.run + 1, _SEEN) if timely else 0
        self.total = min(self.total + 1, _SEEN)

    @property
    def is_live(self) -> bool:
        return self.total > 0 and self.run == self.total

    def tick(self, now: int, watermark: int | None) -> int | None:
        """The time that a tick may tell now, or None if it isn't worth one (less than a tenth of the lateness)."""
        if not self.is_live:
            return None
        time = now - self.lateness
        step = max(self.lateness // _PARTS, _LEAST_STEP)
        return time if watermark is None or time >= watermark + step else None

    def copy(self) -> "Liveness":
        """An equal one that changes on its own."""
        return Liveness(self.lateness, self.run, self.total)
