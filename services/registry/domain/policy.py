"""The verdict on a decision policy that comes after its model, beside the one that decides now."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.pipeline.evaluate import Criterion as Asked
from services.contracts.pipeline.evaluate import asked_of_policy
from services.contracts.pipeline.metric import Metric
from services.registry.domain.acceptance import Case, Criterion, Verdict, judge


def judge_policy(
    accept: Sequence[Asked] | None, measure: Metric, budget: Mapping[str, Any] | None, case: Case
) -> Verdict:
    """Judge a policy by what is asked of policies. measure: by which it is to be better than the one before it. budget:
    of positive decisions, as the policy tells it; None where the pipeline states none.

    It keeps to the budget, or comes nearer to it than the one before. Where that one breaks it, it needn't be better:
    fewer decisions find less.
    """
    asked = asked_of_policy(accept, measure)
    if not asked or budget is None:
        return judge(asked, case)
    kept = _kept(budget, int(case.measured.get("rows", 0)))
    before = budget["before"]
    is_broken = before is not None and before > budget["allowed"]
    verdict = judge(asked[1:] if is_broken else asked, case)
    return Verdict(kept.passed and verdict.accepted, (kept, *verdict.criteria))


def _kept(budget: Mapping[str, Any], rows: int) -> Criterion:
    name, its, before, allowed = budget["at_most"], budget["decided"], budget["before"], float(budget["allowed"])
    if its is None or before is None:
        detail = f"at most {name}: the hold-out is of one time, a rate of it says nothing"
        return Criterion(f"at most {name}", False, None, allowed, None, None, rows, detail)
    passed = its <= allowed or its < before
    detail = (
        f"at most {name}: {'holds' if passed else 'fails'}, {its:.1f} were decided positive in such a period, and"
        f" {before:.1f} by the policy before"
    )
    return Criterion(f"at most {name}", passed, its, allowed, None, None, rows, detail)
