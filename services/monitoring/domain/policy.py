"""How a pipeline is watched: lengths in windows, budgets of false alarms, sizes of effect."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.contracts.pipeline.learning_task import BINARY
from services.monitoring.domain.cusum import CALM
from services.monitoring.domain.fairness import Limit
from services.monitoring.domain.floor import Floor
from services.monitoring.domain.measure import MEASURES, Measure

DAY = 86_400_000_000
WEEK = 7 * DAY

INTEGRITY = 0.2
"""Part of the allowed false alarms that tests of integrity share: they are many, and what breaks is seldom subtle."""
FEATURES, MULTIVARIATE = 0.1, 0.05
"""Parts that all features share, and that of how numbers go together; of pipelines that have them."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is the same for all tests of a pipeline.

    window: length of a profile window in microseconds. partitions: how many report. false_alarms: how many a period
    of `per` microseconds are allowed on stationary data, over all `fields` inputs, the score (of several classes, the
    decided one too), what is expected by it, the measures, the features, and how their `numbers` go together. reach: of
    each computed feature, how far what it is computed from may lie back, in microseconds. floors, fairness: beyond them
    an alert is raised, whatever is usual. max_age: of a model, in microseconds. kind: of the learning task. classes:
    where there are several. ancestry: of features, the fields that they are computed from.
    """

    pipeline: str
    window: int
    partitions: int
    false_alarms: float = 1.0
    per: int = WEEK
    fields: int = 1
    floors: tuple[Floor, ...] = ()
    fairness: tuple[Limit, ...] = ()
    max_age: int | None = None
    kind: str = BINARY.kind
    classes: tuple[str, ...] = ()
    ancestry: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reach: Mapping[str, int] = field(default_factory=dict)
    numbers: int = 0

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What quality is, by name."""
        return MEASURES[self.kind]

    @property
    def season(self) -> int:
        """Windows in which the rhythm of the data repeats: those of a week."""
        return max(1, WEEK // self.window)

    @property
    def arm(self) -> int:
        """Windows of its own that a detector needs before it can judge."""
        return max(4, self.season)

    @property
    def reference(self) -> int:
        """Windows of a full reference: two seasons, so that each phase is seen twice."""
        return max(8, 2 * self.season)

    @property
    def provisional(self) -> int:
        """Windows of the reference before there is a model: of shorter ones than days two days, for nobody waits two
        weeks to be told of a source that breaks."""
        return self.reference if self.window >= DAY else max(8, 2 * self.day)

    @property
    def tests(self) -> int:
        """How many detectors share the budget of false alarms."""
        scores = 2 if self.classes else 1
        return self.fields + scores + len(self.measures) + 1

    @property
    def day(self) -> int:
        """Windows of a day, one where they are longer."""
        return max(1, DAY // self.window)

    def patience(self, span: float) -> int:
        """Values, of `span` windows each, that must be calm in a row to end an alert: those of a day, since what is
        back by night may be away again by day.
        """
        return max(CALM, math.ceil(DAY / self.window / span))

    def lasting(self, span: float) -> float:
        """Values, of `span` windows each, for which the least effect has to last before it is told: those of a day, one
        where they are longer. Shorter windows show more of the day's rhythm, not more of what lasts; what is far beyond
        the effect passes the limit that follows from this within a few of them.
        """
        return max(1.0, self.day / span)

    def reach_of(self, kind: str, name: str) -> int:
        """How far back lies what an index of a kind tells of, in microseconds: of how numbers go together as far as of
        any of them."""
        if kind == "multivariate":
            return max(self.reach.values(), default=0)
        return self.reach.get(name, 0) if kind == "features" else 0

    def overlap(self, kind: str, name: str, span: float) -> int:
        """The same in windows, each of `span` profile windows."""
        return math.ceil(self.reach_of(kind, name) / self.window / span)

    @property
    def integrity_tests(self) -> int:
        """How many tests of integrity there are: two a field, three of refused events and two of their number, each
        against the reference and against the recent past.
        """
        return 2 * (2 * self.fields + 3 + 2)

    def alarms_in(self, windows: float, kind: str = "") -> float:
        """False alarms that one detector of a kind may raise in so many windows."""
        features = FEATURES if self.reach else 0.0
        multivariate = MULTIVARIATE if self.numbers > 1 else 0.0
        share = {"features": features / max(1, len(self.reach)), "multivariate": multivariate}
        rest = (1 - INTEGRITY - features - multivariate) / self.tests
        return self._allowed_in(windows) * share.get(kind, rest)

    def integrity_alarms_in(self, windows: float) -> float:
        """False alarms that one test of integrity may raise in so many windows."""
        return self._allowed_in(windows) * INTEGRITY / self.integrity_tests

    def _allowed_in(self, windows: float) -> float:
        return self.false_alarms * windows * self.window / self.per
