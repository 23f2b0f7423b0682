"""The evaluate section: how rows are split in time, and what a model must show to be accepted."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from services.contracts.pipeline.metric import DISPARITIES, LATENCY, OF_DECISIONS, Disparity, Metric
from services.contracts.pipeline.section import Count, Identifier, OneOrMore, Positive, Real, Section, Share
from services.contracts.pipeline.units import Duration

Rival: TypeAlias = Literal["baseline", "champion"]


MIN_POSITIVES = 20
"""Rows of each class that a group needs to be measured, unless the file says otherwise."""

MIN_HOLDOUT = 100
"""Rows that the hold-out needs: of each class, unless the file says otherwise, or of all where there are none."""


class Split(Section):
    """The newest `holdout` of event time measures, a quarter of all while that is less, the `validation` (default: as
    long) before it chooses.

    gap: label: a row trains only if its label was known before the hold-out's first event.
    min_rows: to be reached in the training rows. min_positives: by each class, in the training rows and the hold-out;
    where labels are numbers, the hold-out needs 100 rows.
    refit: after acceptance the chosen configuration is fitted again on all rows.
    by: the primary entity, if no model may be measured on one that it has learnt from: a fifth of the entities, told by
    a hash of their keys, is only ever measured, and a fifth chooses.
    """

    holdout: Annotated[Duration, Positive] = Duration("7d")
    validation: Annotated[Duration, Positive] | None = None
    gap: Literal["label"] = "label"
    min_rows: Count = 1_000
    min_positives: Count | None = MIN_HOLDOUT
    refit: bool = True
    by: Identifier | None = None


class Criterion(Section):
    """One thing a model must show on the hold-out: better than others (`above`), as good as others but for a `margin`
    (`not_below`), or a limit (`at_least`, `at_most`).

    above, not_below: paired, by blocks of `blocks` of event time, at `confidence`.
    metric: measured on the hold-out; or `latency`, the milliseconds of processor time that 1,000 rows take at most.
    by: a field declared as slice or for fairness; the comparison or limit then holds for each of its values, or the
    limit for the distance between them. min_positives (default 20): groups with fewer rows of a class aren't judged;
    where labels are numbers, or of several classes, those with fewer than 20 rows.
    """

    metric: Metric | Disparity | Literal["latency"]
    by: Identifier | None = None
    min_positives: Count | None = None
    above: Annotated[tuple[Rival, ...], OneOrMore] | None = Field(default=None, min_length=1)
    not_below: Annotated[tuple[Rival, ...], OneOrMore] | None = Field(default=None, min_length=1)
    margin: Annotated[Real, Field(ge=0)] | None = None
    at_least: Real | None = None
    at_most: Real | None = None
    confidence: Share = 0.95
    blocks: Annotated[Duration, Positive] = Duration("1d")

    @property
    def rivals(self) -> tuple[Rival, ...]:
        """Whom the model is compared with."""
        return self.above or self.not_below or ()

    @model_validator(mode="after")
    def _one(self) -> "Criterion":
        limits = (self.above, self.not_below, self.at_least, self.at_most)
        if sum(limit is not None for limit in limits) != 1:
            raise ValueError("needs exactly one of above, not_below, at_least and at_most")
        if (self.margin is None) != (self.not_below is None):
            raise ValueError("not_below and margin go together")
        if self.metric in DISPARITIES and (self.by is None or self.at_most is None):
            raise ValueError(f"{self.metric} needs by, whose values are the groups, and at_most")
        if self.metric == LATENCY and (self.by is not None or self.at_most is None):
            raise ValueError("latency needs at_most, in milliseconds for 1,000 rows, and no by")
        if self.by is None and self.min_positives is not None:
            raise ValueError("min_positives is for the groups of by")
        return self


class Evaluate(Section):
    """accept (default): better than baseline and champion by `model.optimise`. An empty list accepts every model.

    backtest: at so many earlier times, a hold-out apart, the chosen configuration is fitted and measured on what
    followed; for the record, nothing is chosen by it.
    """

    split: Split = Split()
    backtest: Annotated[int, Field(ge=1, le=20)] | None = None
    accept: Annotated[tuple[Criterion, ...], OneOrMore] | None = None


def asked_of_policy(accept: Sequence[Criterion] | None, measure: Metric) -> tuple[Criterion, ...]:
    """What a decision policy that comes after its model must show: first to be better by a measure than the one that
    decides now, then what `accept` asks of decisions; what it asks of scores, the model has shown.

    Nothing, where every model is accepted.
    """
    if not accept:
        return ()
    first = next((one for one in accept if one.metric != LATENCY), accept[0])
    better = Criterion(metric=measure, above=("champion",), confidence=first.confidence, blocks=first.blocks)
    return better, *(one for one in accept if one.metric in OF_DECISIONS)
