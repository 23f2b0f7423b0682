"""The monitor section: windows, how often an alarm may be false, what is never good enough, what is explained."""

from typing import Annotated, Literal

from pydantic import Field

from services.contracts.pipeline.section import OneOrMore, Positive, Real, Section
from services.contracts.pipeline.units import Duration, Percent, Rate


class Floor(Section):
    """A live measure, by whole matured windows, below which the owner is told, or a run asked for too."""

    metric: Literal["accuracy", "f1", "precision", "recall"]
    below: Real = Field(gt=0, le=1)
    do: Annotated[tuple[Literal["notify", "retrain"], ...], OneOrMore] = Field(default=("notify",), min_length=1)


class Monitor(Section):
    """window: of event time, for profiles and drift tests. false_alarms: how many are allowed on stationary data.

    explain: the share of a model's answers that are explained as they are given; none without it.
    """

    window: Annotated[Duration, Positive] = Duration("1d")
    false_alarms: Rate = Rate.read("1/week")
    floors: Annotated[tuple[Floor, ...], OneOrMore] = ()
    explain: Percent | None = None
