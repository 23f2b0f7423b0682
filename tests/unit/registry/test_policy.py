"""A policy must be better than the one before it, and keep to what the file asks of decisions; scores were judged."""

from typing import Any

import pytest

from services.contracts.pipeline.evaluate import Criterion as Asked
from services.registry.domain.acceptance import Case, Verdict
from services.registry.domain.policy import judge_policy
from tests.unit.registry.test_acceptance import finding, numbers

ACCEPT = tuple(
    Asked.model_validate(one)
    for one in (
        {"metric": "roc_auc", "above": ["baseline", "champion"]},
        {"metric": "latency", "at_most": 20},
        {"metric": "recall", "at_least": 0.4},
    )
)


def measured(advantage: float = 0.1, recall: float = 0.6) -> dict[str, Any]:
    better = finding(advantage, against="champion", metric="cost")
    return numbers(better, finding(recall, metric="recall"), champion="v1", refit_shift=None)


def verdict(budget: dict[str, Any] | None = None, champion: str = "v1", attempt: int = 1, **said: float) -> Verdict:
    return judge_policy(ACCEPT, "cost", budget, Case(measured(**said), champion, attempt))


def names(found: Verdict) -> list[tuple[str, bool]]:
    return [(one.name, one.passed) for one in found.criteria]


def test_a_policy_that_costs_less_is_accepted_and_scores_are_not_judged_again() -> None:
    found = verdict()
    assert found.accepted
    assert names(found) == [("cost above champion", True), ("recall at least 0.4", True)]


def test_one_that_may_be_better_by_chance_is_refused() -> None:
    assert names(verdict(advantage=0.02)) == [("cost above champion", False), ("recall at least 0.4", True)]


def test_the_more_have_tried_the_surer_it_must_be() -> None:
    assert verdict(advantage=0.03).accepted
    assert not verdict(advantage=0.03, attempt=20).accepted


def test_what_the_file_asks_of_decisions_holds_for_policies_too() -> None:
    assert not verdict(recall=0.3).accepted


def test_one_that_was_compared_with_another_policy_is_refused() -> None:
    found = verdict(champion="v1.p2")
    assert not found.accepted
    assert found.criteria[0].detail.endswith("compared with v1, but by now v1.p2 answers")


def test_where_every_model_is_accepted_every_policy_is() -> None:
    assert judge_policy((), "cost", {"at_most": "5/day"}, Case(measured(), "v1")) == Verdict(True, ())


def budget(decided: float | None, before: float | None) -> dict[str, Any]:
    return {"at_most": "200/day", "allowed": 200, "decided": decided, "before": before}


@pytest.mark.parametrize(
    ("decided", "before", "advantage", "accepted"),
    [
        (190, 195, 0.1, True),
        (190, 195, -0.1, False),
        (190, 320, -0.1, True),
        (230, 320, -0.1, True),
        (330, 320, 0.1, False),
        (230, 195, 0.1, False),
        (None, None, 0.1, False),
    ],
)
def test_it_keeps_to_the_budget_and_need_not_be_better_where_the_one_before_breaks_it(
    decided: float | None, before: float | None, advantage: float, accepted: bool
) -> None:
    found = verdict(budget(decided, before), advantage=advantage)
    assert found.accepted is accepted
    assert found.criteria[0].name == "at most 200/day"
