"""Which versions were in flight in which windows, so that those are reported, and others cost nothing."""

from dataclasses import dataclass, field
from typing import Any, Self

from services.contracts.arm import CHALLENGER
from services.outcomes.domain.answer import Answer


@dataclass(slots=True)
class Flights:
    """challenger: that of the last event that was answered, empty without one. windows: versions by their starts."""

    challenger: str = ""
    windows: dict[int, list[str]] = field(default_factory=dict)

    def update(self, window: int, answer: Answer) -> None:
        """Take in the answer to the next event: while a version is in flight, there is something beside each."""
        if answer.beside is not None:
            self.challenger = answer.model if answer.arm == CHALLENGER else answer.beside.model
            self._add(window)
        elif answer.score is not None:
            self.challenger = ""

    def pass_by(self, window: int) -> None:
        """A window ends: a version that is in flight was so in it, though maybe nothing lies there."""
        if self.challenger:
            self._add(window)

    def _add(self, window: int) -> None:
        versions = self.windows.setdefault(window, [])
        if self.challenger not in versions:
            versions.append(self.challenger)

    def forget(self, window: int) -> None:
        """Know nothing of a window any more."""
        self.windows.pop(window, None)

    def to_plain(self) -> list[Any]:
        """Everything as plain values."""
        return [self.challenger, sorted((start, list(versions)) for start, versions in self.windows.items())]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> Self:
        """The flights of which `to_plain` gave `plain`."""
        challenger, windows = plain
        return cls(challenger, {start: list(versions) for start, versions in windows})
