"""When a message that a channel didn't take is tried again, and when no more."""

from dataclasses import dataclass

FIRST, LONGEST = 2.0, 300.0
"""Seconds between attempts: doubled each time, up to five minutes."""


@dataclass(slots=True)
class Attempt:
    """One message. since, next: seconds of a clock that never goes back. budget: how long it is tried, in seconds."""

    since: float
    next: float
    budget: float
    count: int = 0

    @classmethod
    def first(cls, now: float, budget: float) -> "Attempt":
        """A message that may be tried at once."""
        return cls(now, now, budget)

    def is_due(self, now: float) -> bool:
        """Whether to try now."""
        return now >= self.next

    def failed(self, now: float) -> bool:
        """Take in that it failed; True if it is given up."""
        self.count += 1
        self.next = now + min(LONGEST, FIRST * 2.0 ** min(self.count - 1, 30))
        return now - self.since >= self.budget
