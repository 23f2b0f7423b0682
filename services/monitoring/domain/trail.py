"""The statistic of the newest windows, told with an alert so that people can see why."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

KEPT = 60
"""Windows."""


class Point(NamedTuple):
    """The statistic in a window that ended at `end`, in microseconds."""

    end: int
    value: float


@dataclass(slots=True)
class Trail:
    """The newest points, oldest first. told: end of the last that went with an alert."""

    points: deque[Point] = field(default_factory=lambda: deque(maxlen=KEPT))
    told: int = -1

    def update(self, end: int, value: float) -> None:
        """Take in the next window."""
        self.points.append(Point(end, value))

    def news(self) -> tuple[Point, ...]:
        """The points that were not told yet."""
        found = tuple(point for point in self.points if point.end > self.told)
        self.told = self.points[-1].end if self.points else self.told
        return found

    def whole(self) -> tuple[Point, ...]:
        """All of them, for an alert that begins."""
        self.told = -1
        return self.news()


def recorded(points: Sequence[Point]) -> list[dict[str, Any]]:
    """As in the records of alerts."""
    return [{"window_end": point.end, "value": point.value} for point in points]
