"""Decayed counts, sums and means: their weights, and what a late value does."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from services.contracts.pipeline import FeatureDefinition
from services.kernel.plan import compile_plan
from tests.unit.kernel.streams import DAY, HOUR, Log, feature, run


def decayed(definitions: list[FeatureDefinition], times: list[int], values: list[float]) -> NDArray[np.float32]:
    n, plan = len(times), compile_plan(definitions)
    log = Log(np.zeros(n, np.int64), np.zeros(n, np.int8), np.array(times), {"amount": np.array(values)}, {})
    return run(plan, plan.empty(1), log)


def of_a_day(*aggs: str) -> list[FeatureDefinition]:
    return [feature(agg, "amount", half_life=DAY) for agg in aggs]


def test_a_value_counts_half_after_each_half_life() -> None:
    count, total = decayed(of_a_day("count", "sum"), [0, DAY, 2 * DAY, 5 * DAY], [8, 4, math.nan, math.nan]).T.tolist()
    assert count == [0, 0.5, 0.75, 0.75 / 8]
    assert total == [0, 4, 4, 0.5]


def test_a_mean_does_not_fade_and_a_smoothed_one_fades_to_its_prior() -> None:
    smoothed = feature("mean", "amount", half_life=DAY, smooth=1.0, prior=10.0)
    mean, towards = decayed([*of_a_day("mean"), smoothed], [0, DAY, 3000 * DAY], [40, math.nan, math.nan]).T.tolist()
    assert math.isnan(mean[0])
    assert mean[1:] == [40, 40]
    assert towards == [10, pytest.approx((0.5 * 40 + 10) / 1.5), 10]


def test_a_late_value_has_the_weight_of_its_age() -> None:
    rng = np.random.default_rng(0)
    times, values = rng.integers(0, 20 * DAY, 400), rng.gamma(2, 50, 400)
    ask = 21 * DAY
    found = decayed(of_a_day("count", "sum", "mean"), [*times.tolist(), ask], [*values.tolist(), 0.0])[-1]
    weights = 2.0 ** (-(ask - times) / DAY)
    expected = [weights.sum(), weights @ values, weights @ values / weights.sum()]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    in_order = np.argsort(times)
    again = decayed(of_a_day("count", "sum"), [*times[in_order].tolist(), ask], [*values[in_order].tolist(), 0.0])[-1]
    np.testing.assert_allclose(found[:2], again, rtol=1e-6)


def test_the_weights_are_powers_of_two_to_the_last_place_of_single_precision() -> None:
    ages = np.unique((10.0 ** np.random.default_rng(1).uniform(0, 14, 3_000)).astype(np.int64))
    plan, n = compile_plan([feature("count", half_life=7 * HOUR)]), len(ages)
    # one entity for each age: an event, and another so much later
    times = np.stack([np.zeros(n, np.int64), ages], axis=1).ravel()
    log = Log(np.repeat(np.arange(n), 2), np.zeros(2 * n, np.int8), times, {}, {})
    found = run(plan, plan.empty(n), log)[1::2, 0]
    with np.errstate(under="ignore"):
        expected = (2.0 ** (-ages / (7 * HOUR))).astype(np.float32)
    np.testing.assert_array_max_ulp(found, expected, 1)
    assert (found == 0).any()
