"""The release section: how an accepted model comes to answer, what stops it on the way, and what confirms it."""

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from services.contracts.pipeline.section import Count, OneOrMore, Positive, Section, Share
from services.contracts.pipeline.units import Duration

Guard: TypeAlias = Literal["errors", "score_shift", "decision_rate", "disagreement", "latency"]

OF_DECISIONS: tuple[Guard, ...] = ("decision_rate", "disagreement")
"""Guards that only classes have."""

OF_POSITIVES: tuple[Guard, ...] = ("decision_rate",)
"""Those that only two classes have."""

GUARDS: tuple[Guard, ...] = ("errors", "score_shift")
"""What stops a version on its way, unless the file says otherwise."""


class Shadow(Section):
    """The version is asked of every event and answers none: so long at least, and so many events."""

    lasts: Annotated[Duration, Positive] = Field(Duration("1d"), alias="for")
    at_least: Count = 1_000


class Canary(Section):
    """The version answers a share of the entities, in `steps` of percent, each of them so long at least, and so many
    events that it answered.

    One whose last step is below 100 is an experiment: it is held at that share until labels decide.

    guard: each may stop it at any time. `latency` judges by times, so that a replay may make other moves. missing:
    without a measure of each guard it takes no step, and waits.
    """

    steps: Annotated[tuple[Annotated[int, Field(ge=1, le=100)], ...], OneOrMore] = Field((5, 25, 100), min_length=1)
    each: Annotated[Duration, Positive] = Duration("1d")
    at_least: Count = 1_000
    guard: Annotated[tuple[Guard, ...], OneOrMore] = Field(GUARDS, min_length=1)
    missing: Literal["hold"] = "hold"

    @field_validator("steps")
    @classmethod
    def _rise(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if any(one >= next_ for one, next_ in pairwise(steps)):
            raise ValueError("each step is greater than the one before")
        return steps

    @field_validator("guard")
    @classmethod
    def _once(cls, guard: tuple[Guard, ...]) -> tuple[Guard, ...]:
        if len(set(guard)) < len(guard):
            raise ValueError("names a guard twice")
        return guard


class Confirm(Section):
    """After the last step labels decide, by a test that may be looked at as often as there is something new.

    alpha: chance with which any of the versions tried between two releases is taken for better, or worse, and isn't.
    within: so long after the beginning of the last step; then `roll_back`, or `keep` it as the champion.
    """

    by: Literal["labels"] = "labels"
    test: Literal["paired_sequential"] = "paired_sequential"
    alpha: Share = 0.05
    within: Annotated[Duration, Positive] = Duration("14d")
    otherwise: Literal["roll_back", "keep"] = Field("roll_back", alias="else")


class Brakes(Section):
    """per_day: so many versions become champion a day of the pipeline's clock, people's word aside."""

    per_day: Count


class Release(Section):
    """approval: an accepted model waits for a person's word before it is released. Without `shadow` and `canary` it is
    champion at once.
    """

    approval: bool = False
    shadow: Shadow | None = None
    canary: Canary | None = None
    confirm: Confirm | None = None
    limits: Brakes | None = None

    @model_validator(mode="after")
    def _paired(self) -> "Release":
        if self.confirm is not None and self.shadow is None and self.canary is None:
            raise ValueError("confirm compares answers to the same events: it needs shadow, canary or both")
        return self
