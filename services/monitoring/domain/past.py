"""A watch against two pasts: the champion's reference, and what was usual lately."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.monitoring.domain.alert import Change, Cleared, Fact, Raised, alert_id
from services.monitoring.domain.cusum import Cusum
from services.monitoring.domain.standing import Standing
from services.monitoring.domain.trail import Trail
from services.monitoring.domain.window import Window

KIND = "integrity"
REFERENCE, RECENT = "reference", "recent"


class Judge(Protocol):
    """Compares windows with those that it was learnt from."""

    @property
    def cusums(self) -> tuple[Cusum, ...]:
        """What may be raised."""
        ...

    def update(self, window: Window) -> None:
        """Take in the next window."""
        ...

    def words(self, cusum: Cusum) -> str:
        """What has happened, if this is raised."""
        ...


Learn = Callable[[str, Sequence[Window]], Judge | None]
"""A judge from windows; its name is a part of the bootstrap's seed."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """In windows. arm: after so many the recent past is learnt anew; full: so many are enough to learn from."""

    arm: int
    full: int


@dataclass(slots=True)
class Pasts:
    """Watches one thing: one alert, whichever past it is raised against. called: what people read of the reference.

    The reference grows to its full length, and the recent past, which begins as the reference, moves on, while nothing
    rises. What has stood for as long as the recent past is that from then on; against the reference it stands until it
    is over.
    """

    pipeline: str
    version: str
    name: str
    called: str
    lengths: Lengths
    learn: Learn
    reference: list[Window]
    lately: list[Window] = field(default_factory=list)
    untaught: int = 0
    judges: dict[str, Judge | None] = field(default_factory=dict)
    standing: Standing | None = None
    trails: dict[int, Trail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._teach(REFERENCE, self.reference)
        self.lately = self.reference[-self.lengths.full :]

    def update(self, window: Window) -> list[Fact]:
        """Take in the next window."""
        for judge in filter(None, self.judges.values()):
            judge.update(window)
        self._remember(window)
        raised = self._raised()
        self._show(window)
        if self.standing is None:
            return self._begin(raised, window) if raised else []
        if raised is None:
            return self._end(self.standing, window)
        news = self.standing.seen(window.clock, raised.latest) if not raised.calm else None
        return [] if news is None else [news]

    def _begin(self, cusum: Cusum, window: Window) -> list[Fact]:
        past, judge = next(
            (past, judge) for past, judge in self.judges.items() if judge and any(cusum is one for one in judge.cusums)
        )
        trail = self.trails[next(place for place, one in enumerate(judge.cusums) if one is cusum)]
        length = window.end - window.start
        raised = Raised(
            alert_id=alert_id(self.pipeline, KIND, self.name, self.version, window.end),
            kind=KIND,
            name=self.name,
            version=self.version,
            clock=window.clock,
            value=cusum.value,
            threshold=cusum.threshold,
            change=Change(cusum.started - length, cusum.started, cusum.started + length),
            message=f"{judge.words(cusum)}, against {self.called if past == REFERENCE else 'the recent past'}.",
            level=cusum.level,
            points=trail.whole(),
        )
        # what is usual isn't learnt from what was raised
        self.lately = [held for held in self.lately if held.end <= cusum.started]
        self.untaught = 0
        self.standing = Standing(raised, trail)
        return [raised]

    def _end(self, standing: Standing, window: Window) -> list[Fact]:
        self.standing, self.untaught = None, 0
        return [Cleared(standing.raised.alert_id, window.clock, "recovered", standing.trail.news())]

    def _show(self, window: Window) -> None:
        """Against the reference if there is one: what may be raised, each by itself."""
        for place, cusum in enumerate(next((judge.cusums for judge in self.judges.values() if judge), ())):
            self.trails.setdefault(place, Trail()).update(window.end, cusum.last)

    def _raised(self) -> Cusum | None:
        found = (cusum for judge in self.judges.values() if judge for cusum in judge.cusums if cusum.raised)
        return next(found, None)

    def _is_quiet(self) -> bool:
        return not any(cusum.windows for judge in self.judges.values() if judge for cusum in judge.cusums)

    def _remember(self, window: Window) -> None:
        self.lately = [*self.lately, window][-self.lengths.full :]
        self.untaught += 1
        if self.standing is not None:
            if self.untaught >= self.lengths.full:
                self._teach(RECENT, self.lately)
        elif self.untaught >= self.lengths.arm and self._is_quiet():
            if len(self.reference) < self.lengths.full:
                self.reference = [*self.reference, *self.lately[-self.untaught :]][: self.lengths.full]
                self._teach(REFERENCE, self.reference)
            self._teach(RECENT, self.lately)

    def _teach(self, past: str, windows: Sequence[Window]) -> None:
        self.judges[past] = self.learn(past, windows)
        self.untaught = 0
