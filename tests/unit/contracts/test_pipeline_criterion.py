"""One criterion of acceptance says one thing."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.contracts.pipeline.evaluate import Criterion, asked_of_policy


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "needs exactly one of above, not_below, at_least and at_most"),
        ({"above": "baseline", "at_least": 0.5}, "needs exactly one of"),
        ({"not_below": "champion"}, "not_below and margin go together"),
        ({"above": "champion", "margin": 0.1}, "not_below and margin go together"),
        ({"not_below": "champion", "margin": -0.1}, "greater than or equal to 0"),
        ({"not_below": "yesterday", "margin": 0.1}, "'baseline' or 'champion'"),
        ({"metric": "equalised_odds", "at_most": 0.1}, "equalised_odds needs by, whose values are the groups"),
        ({"metric": "demographic_parity", "by": "country", "at_least": 0.1}, "demographic_parity needs by"),
        ({"metric": "equalised_odds", "by": "country", "above": "baseline"}, "equalised_odds needs by"),
        ({"metric": "latency", "at_least": 20}, "latency needs at_most, in milliseconds for 1,000 rows"),
        ({"metric": "latency", "at_most": 20, "by": "country"}, "latency needs at_most.*and no by"),
        ({"at_least": 0.5, "min_positives": 10}, "min_positives is for the groups of by"),
        ({"at_least": 0.5, "by": "country", "min_positives": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Criterion.model_validate({"metric": "roc_auc", **said})


def test_one_rival_or_several() -> None:
    one = Criterion.model_validate({"metric": "roc_auc", "not_below": "champion", "margin": 0.01})
    assert one.not_below == ("champion",)
    both = Criterion.model_validate({"metric": "roc_auc", "above": ["baseline", "champion"]})
    assert both.above == ("baseline", "champion")


def test_groups_may_be_compared_too() -> None:
    criterion = Criterion.model_validate({"metric": "recall", "by": "country", "not_below": "champion", "margin": 0.1})
    assert (criterion.by, criterion.rivals) == ("country", ("champion",))


def asked(*criteria: dict[str, Any]) -> list[tuple[str, tuple[str, ...] | None, float | None]]:
    """Of a policy that is to cost less: metric, rivals and limit of each criterion."""
    accept = [Criterion.model_validate(one) for one in criteria]
    return [(one.metric, one.above, one.at_least) for one in asked_of_policy(accept, "cost")]


def test_a_policy_must_be_better_than_the_one_before_and_keep_what_is_asked_of_decisions() -> None:
    of_scores = {"metric": "roc_auc", "above": ["baseline", "champion"], "blocks": "1h", "confidence": 0.9}
    of_decisions = {"metric": "recall", "at_least": 0.4}
    assert asked({"metric": "latency", "at_most": 9}, of_scores, of_decisions) == [
        ("cost", ("champion",), None),
        ("recall", None, 0.4),
    ]
    better, *_ = asked_of_policy([Criterion.model_validate(of_scores)], "cost")
    assert (better.confidence, str(better.blocks)) == (0.9, "1h")


def test_where_every_model_is_accepted_nothing_is_asked_of_a_policy() -> None:
    assert asked() == []
    assert asked_of_policy(None, "f1") == ()
