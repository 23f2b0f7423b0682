"""What the local broker is doing while its caller waits."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage of a start. `done` of `total` are bytes while files are downloaded, and 0 of 0 otherwise."""

    stage: str
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"{self.stage}: {self.done / 1e6:.0f} of {self.total / 1e6:.0f} MB" if self.total else self.stage


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Reports nothing."""
