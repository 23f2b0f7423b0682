"""The verdict on a candidate: each criterion of the pipeline file, judged from the numbers that training signed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from scipy.special import stdtrit

from services.contracts.baseline import BASELINE
from services.contracts.pipeline.evaluate import MIN_POSITIVES
from services.contracts.pipeline.evaluate import Criterion as Asked
from services.contracts.pipeline.learning_task import BINARY, LearningTask
from services.contracts.pipeline.metric import DISPARITIES, LATENCY

CHAMPION = "champion"

MAX_MILLISECONDS = 1_000.0
"""Processor time for 1,000 rows that no model may take more of, whatever the pipeline asks for."""
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion and how it was met. value: the number measured (an advantage, where models are compared). bound:
    what it, or the lower end of its interval, had to reach. n: rows it was measured on. None: no such number."""

    name: str
    passed: bool
    value: float | None
    bound: float | None
    low: float | None
    high: float | None
    n: int
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """As `driftmill.ModelMoved` holds it."""
        return {
            "name": self.name,
            "passed": self.passed,
            "value": self.value,
            "bound": self.bound,
            "low": self.low,
            "high": self.high,
            "rows": self.n,
            "detail": self.detail,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Criterion":
        """What `to_dict` gave."""
        return cls(n=told["rows"], **{name: value for name, value in told.items() if name != "rows"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """accepted: every criterion passed. staged: a `driftmill.CandidateStaged`, if the candidate came so far."""

    accepted: bool
    criteria: tuple[Criterion, ...]
    staged: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What a candidate is judged by. measured: as in its manifest. champion: the version that answers now, None for the
    baseline. attempt: how many candidates, with this one, were judged since the last was accepted. milliseconds: of
    processor time that its file takes for 1,000 rows. task: what it learns."""

    measured: Mapping[str, Any]
    champion: str | None
    attempt: int = 1
    milliseconds: float = 0.0
    task: LearningTask = BINARY

    @property
    def stale(self) -> str:
        """Why a comparison with the champion says nothing, empty if it does: another answers than when it was made."""
        compared = self.measured.get("champion", self.champion)
        if compared == self.champion:
            return ""
        return f"compared with {compared or BASELINE}, but by now {self.champion or BASELINE} answers"


def judge(accept: Sequence[Asked] | None, case: Case) -> Verdict:
    """Judge a candidate. accept: `evaluate.accept` of the pipeline.

    A number that isn't there doesn't pass, nor does a comparison with a champion that a rollback or another release has
    replaced while the run was on. The error that `above` allows is spent over the attempts as 6/(pi k)**2, so that
    however many try, one that is no better passes with at most 1 - confidence. Comparisons with a champion pass where
    there is none. One by groups is a criterion for each group that was measured, and the error is divided by their
    number (Bonferroni), so that what the intervals say holds of all groups together.
    """
    measured = case.measured
    criteria = [found for asked in accept or () for found in _judged(asked, case)]
    if measured.get("refit_shift") is not None:
        criteria.append(_refit(measured, case.task.refit_shift))
    if case.milliseconds > MAX_MILLISECONDS:
        criteria.append(_fast(MAX_MILLISECONDS, case))
    return Verdict(all(criterion.passed for criterion in criteria), tuple(criteria))


def _judged(asked: Asked, case: Case) -> Iterable[Criterion]:
    if asked.above is not None:
        error = (1 - asked.confidence) / 2 * 6 / (math.pi * case.attempt) ** 2
        return [found for rival in _rivals(asked.above) for found in _compared(asked, case, rival, 0.0, error)]
    if asked.not_below is not None and asked.margin is not None:
        error = (1 - asked.confidence) / 2
        rivals = _rivals(asked.not_below)
        return [found for rival in rivals for found in _compared(asked, case, rival, -asked.margin, error)]
    if asked.metric == LATENCY and asked.at_most is not None:
        return [_fast(float(asked.at_most), case)]
    return [_limited(asked, case.measured)]


def _fast(most: float, case: Case) -> Criterion:
    """The time itself is another one each time, and verdicts are to be the same in every run: the log tells it."""
    name, passed = f"{LATENCY} at most {most:g}", case.milliseconds <= most
    detail = f"{name}: {_outcome(passed)}, in milliseconds of processor time for {_ROWS:,} rows"
    return Criterion(name, passed, None, most, None, None, _ROWS, detail)


def _rivals(named: Sequence[str]) -> list[str]:
    """Whoever must beat the baseline must beat the prior too: a weak baseline is no evidence of learning."""
    return [rival for name in named for rival in (("baseline", "prior") if name == "baseline" else (name,))]


def _compared(asked: Asked, case: Case, rival: str, bound: float, error: float) -> list[Criterion]:
    """With one rival, of all rows or of each group."""
    relation = "above" if asked.above is not None else f"not more than {asked.margin:g} below"
    name = f"{asked.metric} {relation} {rival}" + (f" by {asked.by}" if asked.by else "")
    if rival == CHAMPION and case.stale:
        return [Criterion(name, False, None, bound, None, None, 0, f"{name}: {case.stale}")]
    if rival == CHAMPION and case.measured.get("champion", "") is None:
        return [Criterion(name, True, None, bound, None, None, 0, "there is no champion yet")]
    found = _find_all(asked, case.measured, rival)
    if not found:
        return [_unmeasured(asked, name, bound)]
    return [_advantage(asked, one, name, bound, error / len(found)) for one in found]


def _advantage(asked: Asked, found: Mapping[str, Any], name: str, bound: float, error: float) -> Criterion:
    """error: probability that the advantage lies below the interval, and as much above it."""
    name += f", {found['group'] or 'no value'}" if asked.by else ""
    if found["error"] is None or found["value"] is None:
        return _unmeasured(asked, name, bound)
    half = float(stdtrit(found["blocks"] - 1, 1 - error)) * found["error"]
    low, high = found["value"] - half, found["value"] + half
    passed = low > bound
    detail = (
        f"{name}: {_outcome(passed)}, advantage {found['value']:.4f} ({low:.4f} to {high:.4f}) must lie above"
        f" {bound:g}; {found['rows']} rows in {found['blocks']} blocks"
    )
    return Criterion(name, passed, found["value"], bound, low, high, found["rows"], detail)


def _unmeasured(asked: Asked, name: str, bound: float) -> Criterion:
    needed = f"{asked.min_positives} rows of each class" if asked.min_positives else f"{MIN_POSITIVES} rows"
    lacking = f", where a group needs {needed}" if asked.by else ""
    return Criterion(name, False, None, bound, None, None, 0, f"{name}: no such number was measured{lacking}")


def _limited(asked: Asked, measured: Mapping[str, Any]) -> Criterion:
    """A limit holds for all rows, or for every group; then the numbers are those of the group that fares worst."""
    least, most = asked.at_least, asked.at_most
    bound = float(least if least is not None else most if most is not None else math.nan)
    by = f" by {asked.by}" if asked.by else ""
    name = f"{asked.metric}{by} {'at least' if least is not None else 'at most'} {bound:g}"
    found = _find_all(asked, measured, "")
    if not found or any(one["value"] is None for one in found):
        return _unmeasured(asked, name, bound)
    worst = (min if least is not None else max)(found, key=itemgetter("value"))
    passed = worst["value"] >= bound if least is not None else worst["value"] <= bound
    detail = f"{name}: {_outcome(passed)}, {worst['value']:.4f} on {worst['rows']} rows"
    if asked.by and asked.metric not in DISPARITIES:
        detail += f" of {worst['group'] or 'no value'}, the worst of {len(found)} groups"
    return Criterion(name, passed, worst["value"], bound, worst["low"], worst["high"], worst["rows"], detail)


def _find_all(asked: Asked, measured: Mapping[str, Any], against: str) -> Sequence[Mapping[str, Any]]:
    """The model's own measure, or its advantage over a rival, as the criterion asks for it: of all rows, or of each
    group that was measured."""
    wanted = {
        "metric": asked.metric,
        "confidence": asked.confidence,
        "block": int(asked.blocks),
        "who": "model",
        "against": against,
        "by": asked.by,
        "min_positives": asked.min_positives,
    }
    findings: Sequence[Mapping[str, Any]] = measured.get("findings", ())
    return [one for one in findings if all(one.get(key) == value for key, value in wanted.items())]


def _refit(measured: Mapping[str, Any], most: float) -> Criterion:
    """The released model's scores may lie only so far, in the mean, from those of the model that was measured."""
    shift = float(measured["refit_shift"])
    passed = shift <= most
    detail = f"scores of the refitted model: {_outcome(passed)}, {shift:.4f} from the measured model's in the mean"
    return Criterion("refit_shift", passed, shift, most, None, None, int(measured.get("rows", 0)), detail)


def _outcome(passed: bool) -> str:
    return "holds" if passed else "fails"
