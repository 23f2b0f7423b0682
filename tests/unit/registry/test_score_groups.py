"""Groups of scores, as a hold-out had them."""

import numpy as np
import pytest

from services.contracts.binning import Binning
from services.contracts.pipeline.learning_task import BINARY, MULTICLASS, REGRESSION
from services.registry.domain.score_groups import ScoreGroups
from tests.unit.registry.play import MEASURED


def test_probabilities_have_ten_equal_groups() -> None:
    groups = ScoreGroups.of(MEASURED, BINARY)
    assert groups is not None
    assert groups.expected == (100,) * 10
    assert groups.counts([0, 19, 20, 199, 200], [1, 2, 3, 4, 5]) == [3, 3, 0, 0, 0, 0, 0, 0, 0, 9]


def test_a_group_that_the_hold_out_did_not_have_is_empty() -> None:
    groups = ScoreGroups.of({"reliability": [{"bin": 2, "rows": 7, "score": 0.2, "positive_rate": 0.1}]}, BINARY)
    assert groups is not None
    assert groups.expected == (0, 0, 7, 0, 0, 0, 0, 0, 0, 0)


def test_numbers_are_parted_between_the_means_of_tenths() -> None:
    tenths = [{"bin": number, "rows": 40, "score": 10.0 * number, "label": 0, "mae": 1} for number in range(3)]
    groups = ScoreGroups.of({"reliability": tenths}, REGRESSION)
    assert groups is not None
    assert groups.edges == (5.0, 15.0)
    bins = Binning.SIGNED_LOG.bin_of(np.array([-3.0, 4.0, 7.0, 100.0]))
    assert groups.counts(sorted(bins.tolist()), [1, 1, 1, 1]) == [2, 1, 1]


@pytest.mark.parametrize("measured", [{}, {"reliability": []}])
def test_where_nothing_is_told_there_are_none(measured: dict[str, object]) -> None:
    assert ScoreGroups.of(measured, BINARY) is None
    assert ScoreGroups.of(measured, REGRESSION) is None


def test_of_several_classes_the_probability_of_the_decided_one_has_ten_equal_groups_too() -> None:
    groups = ScoreGroups.of({"reliability": [{"bin": 4, "rows": 7, "score": 0.45, "right_rate": 0.5}]}, MULTICLASS)
    assert groups is not None
    assert groups.expected == (0, 0, 0, 0, 7, 0, 0, 0, 0, 0)
    assert groups.counts([80, 99], [1, 2]) == [0, 0, 0, 0, 3, 0, 0, 0, 0, 0]
