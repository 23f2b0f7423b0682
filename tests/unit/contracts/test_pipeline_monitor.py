"""The monitor section: what it may say, and mistakes in it, each where it stands."""

import pytest

from services.contracts.pipeline import Pipeline
from tests.unit.contracts.cards import TEXTS, assert_only, changed


def said(monitor: str) -> dict[str, str]:
    """The pipeline with this monitor section, in line 36."""
    return changed("monitor: {false_alarms: 1/week}", f"monitor: {monitor}")


def test_limits_of_fairness_have_defaults() -> None:
    (limit,) = Pipeline.from_texts(said("{fairness: {by: age_band, at_most: 0.1}}")).fairness
    assert (limit.metric, limit.by, limit.at_most, limit.min_positives) == ("equalised_odds", "age_band", 0.1, 20)


def test_without_any_those_of_a_new_model_hold() -> None:
    asked = "[{metric: demographic_parity, by: age_band, at_most: 0.2, min_positives: 50}]"
    (limit,) = Pipeline.from_texts(changed("[{metric: roc_auc, above: baseline}]", asked)).fairness
    assert (limit.metric, limit.by, limit.at_most, limit.min_positives) == ("demographic_parity", "age_band", 0.2, 50)
    assert Pipeline.from_texts(TEXTS).fairness == ()


@pytest.mark.parametrize(
    ("limit", "column", "part"),
    [
        ("{by: age, at_most: 0.1}", "age", "has no field"),
        ("{by: amount, at_most: 0.1}", "amount", "role: fairness"),
    ],
)
def test_a_limit_by_what_no_outcome_tells_of_is_refused(limit: str, column: str, part: str) -> None:
    assert_only(said(f"{{fairness: [{limit}]}}"), 36, column, "monitor.fairness[0].by", part)


def test_a_limit_without_a_number_is_refused() -> None:
    assert_only(said("{fairness: [{by: age_band}]}"), 36, "", "monitor.fairness[0].at_most", "is required")


def test_the_age_of_a_model_may_be_limited_and_a_run_for_it_waits_for_nothing() -> None:
    assert Pipeline.from_texts(TEXTS).monitor.max_age is None
    assert Pipeline.from_texts(said("{max_age: 90d}")).monitor.max_age == 90 * 86_400_000_000
    asked = Pipeline.from_texts(changed("[{labels: {rows: 100}}]", "[{alert: stale}, {alert: [quality, stale]}]"))
    assert [trigger.wait is None for trigger in asked.retrain.when] == [True, False]
    waits = changed("[{labels: {rows: 100}}]", "[{alert: stale, wait: {rows: 5}}]")
    assert_only(waits, 35, "{", "retrain.when[0]", "waits for nothing")


def test_an_age_of_nothing_is_refused() -> None:
    assert_only(said("{max_age: 0d}"), 36, "0d", "monitor.max_age", "")


def test_a_run_for_a_yardstick_waits_for_nothing_and_needs_one_that_is_measured() -> None:
    assert not Pipeline.from_texts(TEXTS).monitor.yardsticks
    when = changed("[{labels: {rows: 100}}]", "[{alert: yardstick}]")
    assert_only(when, 35, "yardstick", "retrain.when[0].alert", "no yardstick is measured")
    measured = when["pipeline.yaml"].replace("monitor: {", "monitor: {yardsticks: true, ")
    (trigger,) = Pipeline.from_texts(when | {"pipeline.yaml": measured}).retrain.when
    assert trigger.alert == ("yardstick",)
    assert trigger.wait is None
