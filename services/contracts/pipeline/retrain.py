"""The retrain section: what starts a run, what a run waits for, and how many there may be."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from services.contracts.pipeline.cron import Cron
from services.contracts.pipeline.section import Count, OneOrMore, Positive, Section
from services.contracts.pipeline.units import Duration

AlertKind: TypeAlias = Literal["inputs", "features", "multivariate", "scores", "quality", "stale", "yardstick"]

AT_ONCE: frozenset[AlertKind] = frozenset({"stale", "yardstick"})
"""Nothing has changed, or labels have shown already what there is to learn: there is nothing to wait for."""

Part: TypeAlias = Literal["features", "model"]
"""What an applied file may change: the inputs and what they mean, or the rest of the model section."""


class Wait(Section):
    """A run asked for by an alert waits for matured outcomes after the change point, at most `at_most`; not by one of
    `stale` or `yardstick`, which starts as soon as it may.

    positives (default 200): where one class is positive. rows: else, 500 by default.
    """

    rows: Count | None = None
    positives: Count | None = 200
    since: Literal["change_point"] = "change_point"
    at_most: Annotated[Duration, Positive] = Duration("14d")


class NewLabels(Section):
    """So many matured rows, or positives, that no run has seen."""

    rows: Count | None = None
    positives: Count | None = None

    @model_validator(mode="after")
    def _some(self) -> "NewLabels":
        if self.rows is None and self.positives is None:
            raise ValueError("needs rows, positives or both")
        return self


class Trigger(Section):
    """One of: `alert` (with `wait`), `labels`, `every` and `cron` (by the pipeline's clock, in UTC), `changed` (parts
    of the file that the last run didn't have), `policy` (so long after the last run only the decision policy is chosen
    anew, for the model that answers)."""

    alert: Annotated[tuple[AlertKind, ...], OneOrMore] | None = Field(default=None, min_length=1)
    wait: Wait | None = None
    labels: NewLabels | None = None
    every: Annotated[Duration, Positive] | None = None
    cron: Cron | None = None
    changed: Annotated[tuple[Part, ...], OneOrMore] | None = Field(default=None, min_length=1)
    policy: Annotated[Duration, Positive] | None = None

    @model_validator(mode="after")
    def _one(self) -> "Trigger":
        kinds = (self.alert, self.labels, self.every, self.cron, self.changed, self.policy)
        if sum(asked is not None for asked in kinds) != 1:
            raise ValueError("needs exactly one of alert, labels, every, cron, changed and policy")
        if self.wait is not None and self.alert is None:
            raise ValueError("only an alert waits")
        if self.wait is not None and self.alert is not None and not self.waits:
            raise ValueError(f"a run for {' or '.join(self.alert)} waits for nothing")
        return self

    @property
    def waits(self) -> bool:
        """Whether it asks for a run that waits for evidence of a change."""
        return self.alert is not None and not AT_ONCE.issuperset(self.alert)

    def by_rows(self) -> "Trigger":
        """The same where no class is positive: what is waited for are rows."""
        if not self.waits:
            return self
        wait = self.wait or Wait()
        return self.model_copy(update={"wait": wait.model_copy(update={"positives": None, "rows": wait.rows or 500})})


class Limits(Section):
    """All counted by the pipeline's clock: time between runs, runs a day, runs at a time."""

    cooldown: Duration = Duration("1d")
    per_day: Count = 3
    in_flight: Literal[1] = 1


class Retrain(Section):
    """`when`: any of them starts a run; an empty list leaves it to `driftmill retrain`. By default an alert of quality
    and 500 new positives, or 1,000 new rows where no class is positive; without labels, what `changed`.
    """

    when: Annotated[tuple[Trigger, ...], OneOrMore] = (
        Trigger(alert=("quality",), wait=Wait()),
        Trigger(labels=NewLabels(positives=500)),
    )
    limits: Limits = Limits()


WHEN_BY_ROWS = (Trigger(alert=("quality",), wait=Wait()), Trigger(labels=NewLabels(rows=1_000)))
"""What starts a run where no class is positive and the file doesn't say."""

WHEN_UNLABELLED = (Trigger(changed=("features", "model")),)
"""What starts a run after the first where events have no labels: another clean time, say."""
