"""The verdict follows from the signed numbers alone."""

from typing import Any

import pytest
from scipy.special import stdtrit

from services.contracts.pipeline.evaluate import Criterion as Asked
from services.contracts.pipeline.learning_task import BINARY
from services.registry.domain.acceptance import MAX_MILLISECONDS, Case, Verdict
from services.registry.domain.acceptance import judge as judged

DAY = 86_400_000_000


def asked(**criterion: Any) -> tuple[Asked, ...]:
    return (Asked.model_validate({"metric": "roc_auc", **criterion}),)


def finding(value: float, error: float | None = 0.01, against: str = "", **changed: Any) -> dict[str, Any]:
    low, high = (None, None) if error is None else (value - 2 * error, value + 2 * error)
    plain = {"metric": "roc_auc", "confidence": 0.95, "block": DAY, "who": "model", "against": against}
    return plain | {"value": value, "low": low, "high": high, "error": error, "blocks": 14, "rows": 900} | changed


def numbers(*findings: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"findings": list(findings), "champion": "v1", "rows": 900, "refit_shift": 0.01} | changed


def judge(accept: tuple[Asked, ...] | None, measured: dict[str, Any], attempt: int = 1) -> Verdict:
    """The verdict while the version still answers that the candidate was compared with."""
    return judged(accept, Case(measured, measured.get("champion"), attempt))


BETTER = numbers(
    finding(0.8),
    finding(0.3, against="baseline"),
    finding(0.3, against="prior"),
    finding(0.1, against="champion"),
)


def test_better_than_all_is_accepted_with_every_number() -> None:
    verdict = judge(asked(above=["baseline", "champion"]), BETTER)
    assert verdict.accepted
    names = [criterion.name for criterion in verdict.criteria]
    assert names == ["roc_auc above baseline", "roc_auc above prior", "roc_auc above champion", "refit_shift"]
    champion = verdict.criteria[2]
    assert (champion.value, champion.bound, champion.n) == (0.1, 0.0, 900)
    assert champion.low is not None
    assert champion.high is not None
    assert 0 < champion.low < 0.1 < champion.high
    assert "0.1000" in champion.detail


def test_better_by_chance_is_refused() -> None:
    measured = numbers(finding(0.8), finding(0.02, error=0.01, against="champion"))
    verdict = judge(asked(above="champion"), measured)
    assert not verdict.accepted
    assert "fails" in verdict.criteria[0].detail


def test_the_more_have_tried_the_clearer_the_advantage_must_be() -> None:
    measured = numbers(finding(0.034, against="champion"))
    assert judge(asked(above="champion"), measured).accepted
    assert not judge(asked(above="champion"), measured, attempt=10).accepted


def test_as_good_but_for_a_margin_is_accepted_and_not_a_hair_more() -> None:
    accept = asked(not_below="champion", margin=0.02)
    assert judge(accept, numbers(finding(0.0, error=0.005, against="champion"))).accepted
    assert judge(accept, numbers(finding(0.0, error=0.0, against="champion"))).accepted
    assert not judge(accept, numbers(finding(0.0, error=0.015, against="champion"))).accepted
    assert not judge(accept, numbers(finding(-0.03, error=0.005, against="champion"))).accepted


def test_without_a_champion_nobody_needs_to_beat_it() -> None:
    measured = numbers(finding(0.3, against="baseline"), finding(0.3, against="prior"), champion=None)
    verdict = judge(asked(above=["baseline", "champion"]), measured)
    assert verdict.accepted
    assert verdict.criteria[2].detail == "there is no champion yet"


@pytest.mark.parametrize(("compared", "answers"), [("v1", "v2"), ("v1", None), (None, "v1")])
@pytest.mark.parametrize("criterion", [{"above": "champion"}, {"not_below": "champion", "margin": 0.02}])
def test_a_comparison_with_a_version_that_answers_no_longer_does_not_pass(
    compared: str | None, answers: str | None, criterion: dict[str, Any]
) -> None:
    accept, measured = asked(**criterion), BETTER | {"champion": compared}
    assert judged(accept, Case(measured, compared)).accepted
    verdict = judged(accept, Case(measured, answers))
    assert not verdict.accepted
    why = f"compared with {compared or 'baseline'}, but by now {answers or 'baseline'} answers"
    assert verdict.criteria[0].detail.endswith(why)


def test_who_need_not_be_compared_with_the_champion_is_not_refused_for_another() -> None:
    assert judged(asked(above="baseline", at_least=None), Case(BETTER, "v2")).accepted


@pytest.mark.parametrize(
    "measured",
    [
        {},
        numbers(),
        numbers(finding(0.1, error=None, against="champion")),
        numbers(finding(0.1, against="champion", confidence=0.5)),
        numbers(finding(0.1, against="champion", metric="accuracy")),
        numbers(finding(0.1, against="champion", who="baseline")),
        numbers(finding(0.1, against="champion") | {"value": None}),
    ],
)
def test_a_number_that_is_not_there_does_not_pass(measured: dict[str, Any]) -> None:
    verdict = judge(asked(above="champion"), measured)
    assert not verdict.accepted
    assert verdict.criteria[0].detail.endswith("no such number was measured")


@pytest.mark.parametrize(
    ("limit", "accepted"), [({"at_least": 0.8}, True), ({"at_least": 0.81}, False), ({"at_most": 0.8}, True)]
)
def test_limits_are_on_the_model_s_own_measure(limit: dict[str, float], accepted: bool) -> None:
    verdict = judge(asked(**limit), BETTER)
    assert verdict.accepted == accepted
    assert verdict.criteria[0].value == 0.8
    assert not judge(asked(**limit), numbers()).accepted


def test_a_refit_that_scores_otherwise_is_refused() -> None:
    verdict = judge(asked(at_least=0.5), BETTER | {"refit_shift": BINARY.refit_shift * 1.1})
    assert not verdict.accepted
    assert verdict.criteria[-1].name == "refit_shift"


def of_group(group: str, value: float | None, **changed: Any) -> dict[str, Any]:
    by = {"by": "country", "group": group, "min_positives": 20, "rows": 70}
    return finding(0.0) | by | {"value": value} | changed


BY_COUNTRY = numbers(finding(0.8), of_group("DE", 0.6), of_group("FR", 0.4), of_group("DE", 0.1, min_positives=5))


@pytest.mark.parametrize(
    ("limit", "accepted", "worst"),
    [({"at_least": 0.4}, True, 0.4), ({"at_least": 0.41}, False, 0.4), ({"at_most": 0.5}, False, 0.6)],
)
def test_a_limit_by_groups_holds_for_the_worst_of_them(limit: dict[str, float], accepted: bool, worst: float) -> None:
    found = judge(asked(by="country", min_positives=20, **limit), BY_COUNTRY).criteria[0]
    assert (found.passed, found.value, found.n) == (accepted, worst, 70)
    assert f"of {'FR' if worst == 0.4 else 'DE'}, the worst of 2 groups" in found.detail


def test_a_limit_of_all_rows_is_not_judged_by_a_group() -> None:
    assert judge(asked(at_least=0.7), BY_COUNTRY).accepted


@pytest.mark.parametrize("measured", [numbers(finding(0.9)), numbers(of_group("DE", 0.9), of_group("FR", None))])
def test_without_a_group_that_could_be_measured_a_limit_by_groups_does_not_pass(measured: dict[str, Any]) -> None:
    found = judge(asked(by="country", min_positives=20, at_least=0.5), measured).criteria[0]
    assert not found.passed
    assert found.detail.endswith("no such number was measured, where a group needs 20 rows of each class")


def advantage_in(group: str, value: float, rival: str = "champion") -> dict[str, Any]:
    return of_group(group, value, against=rival)


NOT_WORSE = asked(by="country", min_positives=20, not_below="champion", margin=0.05)


def test_a_comparison_by_groups_is_a_criterion_for_each_of_them() -> None:
    worse = numbers(finding(0.2, against="champion"), advantage_in("DE", 0.2), advantage_in("FR", -0.2))
    verdict = judge(NOT_WORSE, worse)
    assert not verdict.accepted
    name = "roc_auc not more than 0.05 below champion by country"
    found = [(one.name, one.passed, one.value, one.bound, one.n) for one in verdict.criteria[:-1]]
    assert found == [(f"{name}, DE", True, 0.2, -0.05, 70), (f"{name}, FR", False, -0.2, -0.05, 70)]
    assert judge(NOT_WORSE, numbers(advantage_in("DE", 0.0), advantage_in("FR", 0.0))).accepted


def test_the_more_groups_the_wider_the_interval_of_each() -> None:
    """Half of 5 % lies below the interval of one group, an eighth of it below each of eight."""
    one, eight = (
        judge(NOT_WORSE, numbers(*(advantage_in(f"g{number}", 0.0) for number in range(count)))).criteria[0].low
        for count in (1, 8)
    )
    assert one == pytest.approx(stdtrit(13, 0.025) * 0.01)
    assert eight == pytest.approx(stdtrit(13, 0.025 / 8) * 0.01)


def test_who_must_be_better_than_the_baseline_in_each_group_must_beat_the_prior_there_too() -> None:
    better = asked(by="country", min_positives=20, above=["baseline"])
    found = numbers(advantage_in("DE", 0.3, "baseline"))
    assert [one.name for one in judge(better, found).criteria if not one.passed] == ["roc_auc above prior by country"]
    assert judge(better, numbers(*found["findings"], advantage_in("DE", 0.3, "prior"))).accepted


def test_without_a_group_that_could_be_compared_it_does_not_pass_unless_there_is_no_champion() -> None:
    nothing = judge(NOT_WORSE, numbers(finding(0.2, against="champion"))).criteria[0]
    assert nothing.detail.endswith("no such number was measured, where a group needs 20 rows of each class")
    assert judge(NOT_WORSE, numbers(champion=None)).accepted
    assert not judged(NOT_WORSE, Case(numbers(advantage_in("DE", 0.3)), "v2")).accepted


@pytest.mark.parametrize(("distance", "accepted"), [(0.1, True), (0.11, False)])
def test_a_model_may_be_asked_to_be_fair(distance: float, accepted: bool) -> None:
    accept = asked(metric="equalised_odds", by="country", min_positives=20, at_most=0.1)
    found = judge(accept, numbers(of_group("", distance, metric="equalised_odds"))).criteria[0]
    assert (found.passed, found.name) == (accepted, "equalised_odds by country at most 0.1")
    assert "group" not in found.detail


@pytest.mark.parametrize(("milliseconds", "accepted"), [(19.9, True), (20.1, False)])
def test_a_model_may_be_asked_to_be_fast(milliseconds: float, accepted: bool) -> None:
    verdict = judged(asked(metric="latency", at_most=20), Case(BETTER, "v1", milliseconds=milliseconds))
    assert verdict.accepted == accepted
    assert verdict.criteria[0].name == "latency at most 20"


def test_a_verdict_on_how_fast_a_model_is_does_not_differ_between_machines() -> None:
    one, other = (judged(asked(metric="latency", at_most=20), Case(BETTER, "v1", milliseconds=ms)) for ms in (3, 5))
    assert one == other
    assert "milliseconds of processor time for 1,000 rows" in one.criteria[0].detail


def test_a_model_that_is_far_too_slow_is_refused_though_nobody_asked() -> None:
    assert judged((), Case(BETTER, "v1", milliseconds=MAX_MILLISECONDS)).accepted
    verdict = judged(asked(metric="latency", at_most=5_000), Case(BETTER, "v1", milliseconds=MAX_MILLISECONDS + 1))
    assert [one.passed for one in verdict.criteria] == [True, True, False]


def test_no_criteria_accept_every_model() -> None:
    assert judge((), BETTER).accepted
    assert judge(None, BETTER).accepted
