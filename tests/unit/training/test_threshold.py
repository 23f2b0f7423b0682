"""Thresholds in float32 decide as they did in float64."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.training.domain.learner import Configuration, fit
from services.training.domain.threshold import Split, floor_float32, splits
from tests.unit.training.rows import made_rows

TREES = (
    Configuration("hist_boosting", (("max_iter", 5),)),
    Configuration("forest", (("max_depth", 4), ("n_estimators", 3))),
)


@given(st.floats(-(2.0**90), 2.0**90), st.floats(-(2.0**90), 2.0**90, width=32))
def test_a_rounded_threshold_decides_alike_for_every_float32(threshold: float, value: float) -> None:
    rounded = floor_float32(np.array([threshold]))[0]
    assert (value <= threshold) == (value <= rounded)
    assert float(np.float32(rounded)) == rounded


def test_every_threshold_of_a_fitted_ensemble_is_a_float32() -> None:
    for configuration in TREES:
        found = splits(fit(configuration, made_rows(), 0).pipeline[-1])
        assert found
        assert all(float(np.float32(split.threshold)) == split.threshold for split in found)


def test_a_linear_model_has_no_thresholds() -> None:
    linear = fit(Configuration("logistic", ()), made_rows(), 0)
    assert splits(linear.pipeline[-1]) == []


def test_what_leads_to_a_split_follows_from_those_above_it() -> None:
    root = Split(0, 5.0)
    left = Split(0, 2.0, root, is_left=True)
    low = Split(1, 7.0, Split(0, 3.0, left, is_left=False), is_left=True)
    assert root.bounds() == {}
    assert left.bounds() == {0: (-np.inf, 5.0)}
    assert low.bounds() == {0: (2.0, 3.0)}
    assert Split(0, 9.0, low, is_left=False).bounds() == {0: (2.0, 3.0), 1: (7.0, np.inf)}


def test_every_split_of_a_tree_is_found_once_with_its_way() -> None:
    fitted = fit(TREES[1], made_rows(), 0)
    tree = fitted.pipeline[-1].estimators_[0].tree_
    found = splits(fitted.pipeline[-1])[: int((tree.feature >= 0).sum())]
    assert [split.parent is None for split in found] == [True] + [False] * (len(found) - 1)
    for split in found:
        row = np.zeros((1, 3), np.float32)
        for column, (least, most) in split.bounds().items():
            assert least < most
            row[0, column] = most if np.isfinite(most) else np.nextafter(np.float32(least), np.float32(np.inf))
        reached = tree.decision_path(row).indices
        assert any((tree.feature[i], tree.threshold[i]) == (split.column, split.threshold) for i in reached)
