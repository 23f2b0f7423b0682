import numpy as np
import pytest

from services.contracts.disparity import apart
from services.contracts.tally import NONE, Tally


def its(positives: int, hits: int, negatives: int, false_alarms: int) -> Tally:
    wrong = positives - hits + false_alarms
    return Tally(rows=positives + negatives, positives=positives, hits=hits, wrong=wrong)


def days(count: int, recall: float, suspected: float, seed: int, rows: int = 40) -> list[Tally]:
    rng = np.random.default_rng(seed)
    hits, alarms = rng.binomial(rows, recall, count), rng.binomial(rows, suspected, count)
    return [its(rows, int(hit), rows, int(alarm)) for hit, alarm in zip(hits, alarms, strict=True)]


def test_equalised_odds_is_the_greater_distance_and_parity_that_of_decisions() -> None:
    groups = {"a": [its(10, 9, 10, 1)] * 2, "b": [its(10, 5, 10, 2)] * 2}
    odds, parity = apart("equalised_odds", groups, 20), apart("demographic_parity", groups, 20)
    assert odds is not None
    assert parity is not None
    assert [odds.value, parity.value] == pytest.approx([0.4, (10 - 7) / 20])
    assert (odds.rate, odds.most, odds.least) == ("recall", "a", "b")
    assert (parity.rate, parity.most) == ("positive_rate", "a")
    assert odds.low == pytest.approx(odds.value)  # the days are alike


def test_groups_that_are_small_are_not_judged() -> None:
    groups = {"a": [its(10, 9, 10, 1)] * 2, "b": [its(10, 5, 10, 2)] * 2, "c": [its(9, 0, 90, 90)] * 2}
    found = apart("equalised_odds", groups, 20)
    assert found is not None
    assert {found.most, found.least} == {"a", "b"}
    assert apart("equalised_odds", {"a": groups["a"], "c": groups["c"]}, 20) is None
    assert apart("equalised_odds", {"a": [its(50, 1, 50, 1)], "b": [its(50, 1, 50, 1)]}, 20) is None


def test_of_groups_at_the_limit_hardly_one_in_forty_is_certainly_above_it() -> None:
    """Of five groups the widest pair lies apart by chance: an interval of the widest alone would often exclude 0.1."""
    certain = 0
    for seed in range(400):
        groups = {str(number): days(14, 0.6 + 0.1 * (number == 4), 0.2, 10 * seed + number) for number in range(5)}
        found = apart("equalised_odds", groups, 20)
        assert found is not None
        certain += found.low > 0.1
    assert certain <= 400 * 0.025 + 3 * (400 * 0.025) ** 0.5


def test_what_lies_far_apart_is_certain_also_where_a_group_misses_days() -> None:
    groups = {"old": days(14, 0.8, 0.2, 1), "young": [*days(13, 0.5, 0.2, 2), NONE]}
    found = apart("equalised_odds", groups, 20)
    assert found is not None
    assert 0.1 < found.low < found.value < found.high
