"""The monitor section: windows, how often an alarm may be false, what is never good enough, who is told, what is
explained."""

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field, model_validator

from services.contracts.alert_life import Severity
from services.contracts.pipeline.evaluate import MIN_POSITIVES
from services.contracts.pipeline.metric import LOWER_IS_BETTER, Disparity
from services.contracts.pipeline.section import Count, Identifier, OneOrMore, Positive, Real, Section, Short
from services.contracts.pipeline.units import Duration, Percent, Rate

Watched: TypeAlias = Literal[
    "inputs",
    "features",
    "multivariate",
    "scores",
    "quality",
    "estimated",
    "integrity",
    "floor",
    "fairness",
    "stale",
    "yardstick",
    "numerical",
    "skew",
    "learner",
    "classes",
]
WATCHED: tuple[Watched, ...] = get_args(Watched)
"""The kinds of alerts."""


class Selection(Section):
    """Alerts at least so severe, of some kinds or of all."""

    severity: Severity = "info"
    kind: Annotated[tuple[Watched, ...], OneOrMore] | None = Field(default=None, min_length=1)


class Route(Section):
    """Who is told of which alerts: the channel `to`, of which the setting DRIFTMILL_NOTIFY_<TO> holds the URL, or
    `log`."""

    to: Short
    when: Selection = Selection()


class Floor(Section):
    """A live measure, by whole matured windows, of which the owner is told, or a run asked for too, where it lies
    `below` a number, or `above` one if less is better.
    """

    metric: Literal["accuracy", "coverage", "f1", "mae", "precision", "recall", "rmse"]
    below: Real | None = Field(default=None, gt=0, le=1)
    above: Real | None = Field(default=None, gt=0)
    do: Annotated[tuple[Literal["notify", "retrain"], ...], OneOrMore] = Field(default=("notify",), min_length=1)

    @model_validator(mode="after")
    def _one(self) -> "Floor":
        wanted, other = ("above", self.below) if self.metric in LOWER_IS_BETTER else ("below", self.above)
        if getattr(self, wanted) is None or other is not None:
            raise ValueError(f"{self.metric} needs {wanted}, and nothing else to lie beyond")
        return self


class Fairness(Section):
    """How far groups, the values of the field `by`, may lie apart in what is decided of them, by matured windows.

    min_positives: groups with fewer rows of a class aren't judged.
    """

    metric: Disparity = "equalised_odds"
    by: Identifier
    at_most: Real = Field(ge=0, le=1)
    min_positives: Count = MIN_POSITIVES


class Monitor(Section):
    """window: of event time, for profiles and drift tests. false_alarms: how many are allowed on stationary data.
    notify: who is told of alerts; by default the log.

    fairness: limits; without any, those that `evaluate.accept` sets to a new model. max_age: of a model, counted from
    the newest event that it has learnt from.
    explain: the share of a model's answers that are explained as they are given; none without it.
    yardsticks: whether an online learner is measured beside the model that answers.
    """

    window: Annotated[Duration, Positive] = Duration("1d")
    false_alarms: Rate = Rate.read("1/week")
    floors: Annotated[tuple[Floor, ...], OneOrMore] = ()
    notify: Annotated[tuple[Route, ...], OneOrMore] = (Route(to="log"),)
    fairness: Annotated[tuple[Fairness, ...], OneOrMore] = ()
    max_age: Annotated[Duration, Positive] | None = None
    explain: Percent | None = None
    yardsticks: bool = False
