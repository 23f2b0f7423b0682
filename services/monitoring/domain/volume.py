"""How many events come, against what is usual at the same hour and day of the week."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.policy import DAY, WEEK, Policy
from services.monitoring.domain.reference import Model
from services.monitoring.domain.threshold import excess_limit, horizon_of, seed_of
from services.monitoring.domain.window import Window, complete

EFFECT = 0.25
"""Least change that matters: a quarter less, or a third more; 1 is all or nothing."""
UNSURE = 0.5
"""The same where less than two weeks are known: half as many, or twice; weekends may be so."""
LEAST = 0.25
"""Part of the mean that a change is at least measured by: where next to nothing is usual, a few are no change."""


def weeks(policy: Policy, count: int) -> int:
    """So many weeks in windows, at least two seasons."""
    return max(policy.reference, count * WEEK // policy.window)


def consecutive(policy: Policy, model: Model, inputs: Sequence[Window], reference: Sequence[Window]) -> list[Window]:
    """The windows of the inputs up to the end of a reference, with those in which nothing came: up to two weeks of a
    model's training period if it has so many, else those of the reference. In the first of all a stream only begins.
    """
    end, most = reference[-1].end, weeks(policy, 2)
    whole = [window for window in complete(inputs[1:], most) if window.end <= end]
    inside = [window for window in whole if not model.is_baseline and window.start >= model.trained_from]
    return inside[-most:] or [window for window in whole if window.start >= reference[0].start]


@dataclass(frozen=True, slots=True)
class Usual:
    """Events by phase of the season. season: in windows. mean: of all windows."""

    season: int
    length: int
    phases: dict[int, tuple[int, int]]
    mean: float

    @classmethod
    def of(cls, policy: Policy, windows: Sequence[Window]) -> Self:
        """By the week where each of its phases is known twice; before that shorter windows by the day."""
        by_day = policy.window < DAY and len(windows) < 2 * policy.season
        season = policy.day if by_day else policy.season
        phases: dict[int, tuple[int, int]] = {}
        for window in windows:
            phase = window.start // policy.window % season
            events, count = phases.get(phase, (0, 0))
            phases[phase] = events + window.events, count + 1
        total = sum(window.events for window in windows)
        return cls(season, policy.window, phases, total / max(1, len(windows)))

    def at(self, start: int, without: int | None = None) -> float:
        """Events expected in a window. without: those of one that is left out of account, of the same phase."""
        events, count = self.phases.get(start // self.length % self.season, (0, 0))
        if without is not None:
            events, count = events - without, count - 1
        return events / count if count else self.mean

    def change(self, window: Window, is_own: bool = False) -> float:
        """How much more or less came, from -1 (nothing) to 1. is_own: the window is one of those learnt from."""
        expected = self.at(window.start, window.events if is_own else None)
        return (window.events - expected) / max(window.events, expected, LEAST * self.mean, 1)


@dataclass(slots=True)
class Volume:
    """Judges windows both ways."""

    usual: Usual
    fall: Cusum
    rise: Cusum

    @classmethod
    def of(cls, policy: Policy, names: tuple[str, ...], windows: Sequence[Window]) -> "Volume | None":
        """Learnt from consecutive windows, None if they are less than a week: weekends would look like a fall.

        names: seed of the bootstrap.
        """
        if len(windows) < max(policy.arm, WEEK // policy.window) or not any(window.events for window in windows):
            return None
        usual = Usual.of(policy, windows)
        changes = np.array([usual.change(window, is_own=True) for window in windows])
        effect = EFFECT if len(windows) >= weeks(policy, 2) else UNSURE
        alarms = policy.integrity_alarms_in(horizon_of(policy.season))

        def cusum(way: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Cusum:
            seed = seed_of(policy.pipeline, *names, way)
            limit = excess_limit(values, effect / 2, policy.season, alarms, seed)
            return Cusum(float(values.mean()), effect, max(limit, effect), policy.patience(1.0))

        return cls(usual, cusum("fall", -changes), cusum("rise", changes))

    @property
    def cusums(self) -> tuple[Cusum, ...]:
        """What may be raised."""
        return self.fall, self.rise

    def update(self, window: Window) -> None:
        """Compare the next window."""
        change = self.usual.change(window)
        self.fall.update(-change, window.start)
        self.rise.update(change, window.start)

    def words(self, cusum: Cusum) -> str:
        """What has happened."""
        change = cusum.value
        times = 1 - change if cusum is self.fall else 1 / max(1 - change, 1e-9)
        return f"Events {'fell' if cusum is self.fall else 'rose'} to {times:.0%} of what is usual at their time"
