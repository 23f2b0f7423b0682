import pytest

from services.monitoring.domain.policy import DAY, FEATURES, INTEGRITY, MULTIVARIATE, WEEK, Policy

HOUR = DAY // 24


@pytest.mark.parametrize(
    ("window", "season"),
    [(DAY, 7), (HOUR, 168), (6 * HOUR, 28), (DAY - 1, 7), (WEEK, 1), (2 * DAY, 3), (30 * DAY, 1)],
)
def test_a_season_is_a_week_of_windows(window: int, season: int) -> None:
    assert Policy("p", window, 1).season == season


def test_a_reference_sees_each_phase_of_the_season_twice() -> None:
    assert Policy("p", DAY, 1).reference == 14
    assert Policy("p", HOUR, 1).reference == 336


def test_before_a_model_two_days_of_short_windows_are_enough() -> None:
    assert [Policy("p", window, 1).provisional for window in (HOUR, 6 * HOUR, DAY, 30 * DAY)] == [48, 8, 14, 8]


def test_long_windows_still_need_a_few_to_judge_by() -> None:
    policy = Policy("p", 30 * DAY, 1)
    assert (policy.arm, policy.reference) == (4, 8)


def test_all_detectors_together_keep_the_budget() -> None:
    policy = Policy("p", DAY, 1, false_alarms=2.0, fields=5)
    assert (policy.tests, policy.integrity_tests) == (11, 30)
    ours, theirs = policy.tests * policy.alarms_in(7), policy.integrity_tests * policy.integrity_alarms_in(7)
    assert ours + theirs == pytest.approx(2.0)
    assert theirs == pytest.approx(2.0 * INTEGRITY)


def test_features_share_a_part_and_how_numbers_go_together_has_its_own() -> None:
    policy = Policy("p", DAY, 1, fields=5, reach={"a": 0, "b": WEEK}, numbers=7)
    features, together = 2 * policy.alarms_in(7, "features"), policy.alarms_in(7, "multivariate")
    assert [features, together] == pytest.approx([FEATURES, MULTIVARIATE])
    ours, theirs = policy.tests * policy.alarms_in(7), policy.integrity_tests * policy.integrity_alarms_in(7)
    assert ours + theirs + features + together == pytest.approx(1.0)


def test_the_least_effect_lasts_a_day_whatever_the_windows() -> None:
    by_hours = Policy("p", HOUR, 1)
    assert [by_hours.lasting(span) for span in (1.0, 2.0, 48.0)] == [24.0, 12.0, 1.0]
    assert [Policy("p", window, 1).lasting(1.0) for window in (DAY, WEEK)] == [1.0, 1.0]


def test_how_far_an_index_reaches_back_is_told_in_windows() -> None:
    policy = Policy("p", DAY, 1, reach={"a": 0, "b": WEEK}, numbers=7)
    found = [policy.overlap(*named) for named in (("features", "b", 1.0), ("features", "b", 2.0), ("inputs", "b", 1.0))]
    assert found == [7, 4, 0]
    assert policy.reach_of("multivariate", "correlation") == WEEK


def test_the_budget_grows_with_the_time_watched_and_its_share_shrinks_with_fields() -> None:
    few, many = Policy("p", DAY, 1, fields=1), Policy("p", DAY, 1, fields=8)
    assert few.alarms_in(28) == pytest.approx(4 * few.alarms_in(7))
    assert many.alarms_in(7) == pytest.approx(few.alarms_in(7) / 2)
    assert few.alarms_in(0) == 0.0


def test_the_budget_is_of_time_not_of_windows() -> None:
    assert Policy("p", HOUR, 1).alarms_in(24) == pytest.approx(Policy("p", DAY, 1).alarms_in(1))


@pytest.mark.parametrize(
    ("window", "span", "patience"), [(WEEK, 1, 3), (DAY, 1, 3), (DAY // 24, 1, 24), (DAY // 24, 3, 8)]
)
def test_an_alert_ends_after_a_calm_day_at_least(window: int, span: float, patience: int) -> None:
    assert Policy("p", window, 1).patience(span) == patience
