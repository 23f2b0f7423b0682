"""The numbers that the gate judges by: the model, its rivals and the champion on the hold-out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from services.contracts.pipeline.evaluate import MIN_POSITIVES
from services.contracts.pipeline.metric import DISPARITIES
from services.training.domain.cohort import Floats, Rows
from services.training.domain.diagnostics import Bin, diagnosed
from services.training.domain.disparity import spread
from services.training.domain.interval import Answers, Bootstrap, Estimate, advantage, measured
from services.training.domain.split import Positions, comparable

MODEL, CHAMPION = "model", "champion"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A metric to measure: intervals at `confidence`, by blocks of `blocks` microseconds of event time.

    by: of each value of this field with `min_positives` rows of either class (None where there are none: with 20 rows),
    or between them where the metric is a disparity; empty: of all rows. compared: of the groups is measured how much
    better the model is than others there; of all rows it always is.
    """

    metric: str
    confidence: float
    blocks: int
    by: str = ""
    min_positives: int | None = None
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that answers now: its scores of rows, and through when it was trained (microseconds).

    peer: scores of the candidate's configuration, fitted on what was known then; None where what is measured knows as
    much.
    """

    version: str
    trained_through: int
    answers: Answers
    peer: Answers | None = None

    def take(self, chosen: Positions) -> "Champion":
        """The same model on some rows."""
        peer = None if self.peer is None else self.peer.take(chosen)
        return replace(self, answers=self.answers.take(chosen), peer=peer)


@dataclass(frozen=True, slots=True)
class Finding:
    """An estimate and what it is of. who: model, baseline, prior or champion. against: whom the model is compared with
    (the estimate is then its advantage, positive when the model is better), or empty. group: value of the field that is
    measured by, empty where it is all."""

    wanted: Wanted
    who: str
    against: str
    estimate: Estimate
    group: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        one = self.wanted
        asked = {"metric": one.metric, "confidence": one.confidence, "block": one.blocks}
        by = {"by": one.by, "group": self.group, "min_positives": one.min_positives} if one.by else {}
        return asked | {"who": self.who, "against": self.against} | by | self.estimate.to_dict()


@dataclass(frozen=True, slots=True)
class Measured:
    """All numbers of a run. rows, positives: of the hold-out, each as often as it stands for events. unseen: its rows
    that the champion hasn't seen either, on which alone both are compared. peer_through: through when its peer was
    trained, in microseconds, which then is compared in its stead, see Champion. refit_shift: mean distance of the
    released model's scores from the evaluated one's on the hold-out, see LearningTask. confusion, reliability,
    residuals, by_class: see `diagnostics`."""

    holdout_from: int
    holdout_through: int
    rows: int
    positives: int
    champion: str | None
    unseen: int
    findings: tuple[Finding, ...]
    refit_shift: float | None = None
    peer_through: int | None = None
    confusion: Mapping[str, int] = field(default_factory=dict)
    reliability: tuple[Bin, ...] = ()
    residuals: Mapping[str, float] = field(default_factory=dict)
    by_class: tuple[Mapping[str, Any], ...] = ()

    def is_better(self, metric: str, against: str) -> bool:
        """Whether the model's advantage in this metric is above zero, chance not considered."""
        return any(
            finding.estimate.value > 0
            for finding in self.findings
            if finding.against == against and finding.wanted.metric == metric and not finding.wanted.by
        )

    def with_refit(self, shift: float) -> "Measured":
        """The same with the distance of the released model."""
        return replace(self, refit_shift=shift)

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it, and as the registry judges it."""
        names = (
            "holdout_from",
            "holdout_through",
            "rows",
            "positives",
            "champion",
            "unseen",
            "refit_shift",
            "peer_through",
            "confusion",
        )
        plain = {name: getattr(self, name) for name in names}
        found = {"findings": [finding.to_dict() for finding in self.findings]}
        further: dict[str, Any] = {"residuals": self.residuals} if self.residuals else {}
        further |= {"by_class": list(self.by_class)} if self.by_class else {}
        return plain | found | {"reliability": list(self.reliability)} | further


def measure(
    holdout: Rows,
    model: Answers,
    rivals: Mapping[str, Answers],
    champion: Champion | None,
    wanted: tuple[Wanted, ...],
    seed: int,
) -> Measured:
    """Measure a model on the hold-out, beside its rivals on all rows and the champion on those it hasn't seen.

    holdout: each row as often as it stands for events.
    wanted: each is measured once, however often it is asked for. A champion that has seen all rows isn't measured.
    """
    everything = np.arange(len(holdout))
    unseen = comparable(holdout.event_time, everything, champion.trained_through) if champion else everything[:0]
    findings: list[Finding] = []
    for one in dict.fromkeys(wanted):
        of = _by_group if one.by else _compared
        is_compared = one.compared or not one.by
        findings += of(one, holdout, model, rivals if is_compared else {}, seed)
        if champion is not None and len(unseen) and is_compared:
            mine, theirs = (champion.peer or model).take(unseen), {CHAMPION: champion.answers.take(unseen)}
            compared = of(one, holdout.take(unseen), mine, theirs, seed)
            findings += [finding for finding in compared if finding.who != MODEL or finding.against]
    return Measured(
        holdout_from=int(holdout.event_time[0]),
        holdout_through=int(holdout.event_time[-1]),
        rows=len(holdout),
        positives=holdout.positives,
        champion=champion.version if champion else None,
        unseen=len(unseen),
        peer_through=champion.trained_through if champion and champion.peer else None,
        findings=tuple(findings),
        **diagnosed(holdout.task, holdout.label, model),
    )


def _compared(one: Wanted, rows: Rows, model: Answers, others: Mapping[str, Answers], seed: int) -> list[Finding]:
    """The model's measure, then of each other its measure and the model's advantage over it."""
    bootstrap = Bootstrap.over(rows.blocks(one.blocks), one.confidence, seed)
    found = [Finding(one, MODEL, "", measured(one.metric, rows.label, model, bootstrap, rows.costs))]
    for name, other in others.items():
        found.append(Finding(one, name, "", measured(one.metric, rows.label, other, bootstrap, rows.costs)))
        better = advantage(one.metric, rows.label, model, other, bootstrap, rows.costs)
        found.append(Finding(one, MODEL, name, better))
    return found


def _by_group(one: Wanted, rows: Rows, model: Answers, others: Mapping[str, Answers], seed: int) -> list[Finding]:
    """As `_compared` of every group with enough rows (of each class, if there are classes), or the one distance between
    these groups."""
    names, index = np.unique(rows.groups[one.by], return_inverse=True)
    once: Floats = np.ones(len(rows)) if rows.weight is None else 1 / rows.weight
    sizes: Floats = np.rint(np.bincount(index, once, len(names)))
    if rows.task.has_classes:
        positives = np.rint(np.bincount(index, rows.label * once, len(names)))
        sizes = np.minimum(positives, sizes - positives)
    enough = np.flatnonzero(sizes >= (one.min_positives or MIN_POSITIVES))
    if one.metric in DISPARITIES:
        return [_disparity(one, rows, model, index, enough, seed)] if len(enough) > 1 else []
    found = []
    for group in enough:
        its = np.flatnonzero(index == group)
        theirs = {name: other.take(its) for name, other in others.items()}
        findings = _compared(one, rows.take(its), model.take(its), theirs, seed)
        found += [replace(finding, group=str(names[group])) for finding in findings]
    return found


def _disparity(one: Wanted, rows: Rows, model: Answers, index: Positions, enough: Positions, seed: int) -> Finding:
    chosen = np.flatnonzero(np.isin(index, enough))
    bootstrap = Bootstrap.over(rows.take(chosen).blocks(one.blocks), one.confidence, seed)
    decided = model.score[chosen] >= model.threshold
    groups = np.searchsorted(enough, index[chosen])
    measure = spread(one.metric, rows.label[chosen], decided, groups, bootstrap.index)
    return Finding(one, MODEL, "", bootstrap.estimate(measure))
