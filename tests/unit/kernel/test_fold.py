from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from services.contracts.pipeline import FeatureDefinition
from services.kernel.plan import compile_plan
from tests.unit.kernel.reference import by_reference
from tests.unit.kernel.streams import DAY, HOUR, SECOND, Log, every_feature, feature, random_log, run

SEEDS = range(4)


def features_of(definitions: list[FeatureDefinition], times: list[int], values: list[float]) -> NDArray[np.float32]:
    """The vectors of one entity's events."""
    n, plan = len(times), compile_plan(definitions)
    log = Log(np.zeros(n, np.int64), np.zeros(n, np.int8), np.array(times), {"amount": np.array(values)}, {})
    return run(plan, plan.empty(1), log)


@pytest.mark.parametrize("seed", SEEDS)
def test_features_equal_the_plain_python_reference_bit_for_bit(seed: int) -> None:
    definitions, log = every_feature(), random_log(seed, 900)
    plan = compile_plan(definitions)
    found, expected = run(plan, plan.empty(4), log), by_reference(definitions, log)
    differ = (found.view(np.uint32) != expected.view(np.uint32)) & ~(np.isnan(found) & np.isnan(expected))
    places = [(int(row), plan.names[column]) for row, column in np.argwhere(differ)[:5]]
    assert not differ.any(), [(place, found[differ][:5], expected[differ][:5]) for place in places]
    assert np.isfinite(found).any(axis=0).all(), "a feature that is never there proves nothing"


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_and_features_do_not_depend_on_the_batches(seed: int) -> None:
    plan, log = compile_plan(every_feature()), random_log(seed)
    rows = plan.empty(4)
    whole = run(plan, rows, log)
    cuts = np.random.default_rng(seed).integers(0, len(log), 40)
    bounds = [0, *sorted(cuts.tolist()), len(log)]
    batched = plan.empty(4)
    parts = [run(plan, batched, log.part(a, b)) for a, b in pairwise(bounds)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert batched.tobytes() == rows.tobytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_comes_later_in_the_log_changes_no_earlier_vector(seed: int) -> None:
    plan, log, cut = compile_plan(every_feature()), random_log(seed), 700
    other = random_log(seed + 100)
    kinds = np.concatenate([log.kinds[:cut], other.kinds[cut:]])
    labels = int(kinds.sum())
    flipped = Log(
        np.concatenate([log.slots[:cut], other.slots[cut:]]),
        kinds,
        np.concatenate([log.times[:cut], other.times[cut:]]),
        {name: _spliced(log, other, name, cut, len(log) - labels) for name in log.events},
        {
            name: np.resize(np.concatenate([log.part(0, cut).labels[name], other.labels[name]]), labels)
            for name in log.labels
        },
    )
    events = cut - int(log.kinds[:cut].sum())
    assert run(plan, plan.empty(4), log)[:events].tobytes() == run(plan, plan.empty(4), flipped)[:events].tobytes()


def _spliced(log: Log, other: Log, name: str, cut: int, events: int) -> NDArray[np.float64]:
    return np.resize(np.concatenate([log.part(0, cut).events[name], other.events[name]]), events)


def test_an_entity_does_not_see_another() -> None:
    plan, log = compile_plan(every_feature()), random_log(1)
    alone = np.flatnonzero(log.slots == 2)
    of_kind = [np.cumsum(log.kinds == kind)[alone[log.kinds[alone] == kind]] - 1 for kind in (0, 1)]
    events = {name: values[of_kind[0]] for name, values in log.events.items()}
    labels = {name: values[of_kind[1]] for name, values in log.labels.items()}
    single = Log(np.zeros(len(alone), np.int64), log.kinds[alone], log.times[alone], events, labels)
    together = run(plan, plan.empty(4), log)[of_kind[0]]
    assert run(plan, plan.empty(1), single).tobytes() == together.tobytes()


def test_the_inputs_of_the_kernel_are_left_as_they_were() -> None:
    plan, log = compile_plan(every_feature()), random_log(2)
    arrays: list[NDArray[np.generic]] = [
        log.slots,
        log.kinds,
        log.times,
        *log.events.values(),
        *log.labels.values(),
        *plan.tables,
        plan.blank,
    ]
    before = [array.tobytes() for array in arrays]
    run(plan, plan.empty(4), log)
    assert [array.tobytes() for array in arrays] == before


def test_a_window_is_open_at_its_start_and_leaves_by_whole_tiles() -> None:
    # 12 tiles of 2 h: what happened at 01:00 counts until the clock reaches 24:00, when its tile has left
    count = features_of([feature("count", window=DAY)], [HOUR, 24 * HOUR - 1, 24 * HOUR], [0.0] * 3)
    assert count[:, 0].tolist() == [0, 1, 1]
    # nothing as old as the window itself ever counts
    assert features_of([feature("count", window=DAY)], [0, DAY], [0.0] * 2)[:, 0].tolist() == [0, 0]


def test_the_event_itself_counts_only_when_included() -> None:
    vectors = features_of([feature("sum", "amount", DAY), feature("sum", "amount", DAY, current=True)], [0, 1], [3, 4])
    assert vectors.tolist() == [[0, 3], [3, 7]]


def test_a_late_event_counts_in_its_own_tile_and_is_answered_as_of_the_latest_time() -> None:
    definitions = [feature("count", window=DAY), feature("time_since_last"), feature("last", "amount")]
    vectors = features_of(definitions, [0, DAY + HOUR, HOUR * 3, DAY + HOUR, -DAY], [1, 2, 3, 4, 5])
    # at 25:00 that of 00:00 has left; that of 03:00 is answered as of 25:00, and held; that of the day before is not
    assert vectors[:, 0].tolist() == [0, 0, 1, 2, 3]
    np.testing.assert_array_equal(vectors[:, 1], np.array([np.nan, 90_000, 0, 0, 0], np.float32))
    np.testing.assert_array_equal(vectors[:, 2], np.array([np.nan, 1, 2, 2, 4], np.float32))


def test_lags_follow_the_log_and_skip_missing_values() -> None:
    lags = [feature("lag", "amount", lag=1), feature("lag", "amount", lag=3)]
    vectors = features_of(lags, [5, 4, 3, 2, 1], [1, np.nan, 2, 3, 4])
    nan = np.nan
    np.testing.assert_array_equal(vectors, np.array([[nan, nan], [1, nan], [1, nan], [2, nan], [3, 1]], np.float32))


def test_nothing_is_a_count_and_sum_of_zero_and_no_mean() -> None:
    names = ("count", "sum", "mean", "std", "min", "max")
    vectors = features_of([feature(agg, "amount", DAY) for agg in names], [0, SECOND], [5, 6])
    nan = np.nan
    np.testing.assert_array_equal(vectors, np.array([[0, 0, nan, nan, nan, nan], [1, 5, 5, nan, 5, 5]], np.float32))


def test_a_smoothed_mean_of_nothing_is_its_prior() -> None:
    definition = feature("mean", "amount", DAY, smooth=4.0, prior=0.25)
    assert features_of([definition], [0, 1], [1.0, 0.0])[:, 0].tolist() == [0.25, np.float32(2 / 5)]


def test_the_deviation_of_equal_values_is_zero() -> None:
    times = [hour * HOUR for hour in range(200)]
    assert set(features_of([feature("std", "amount", 7 * DAY)], times, [9.99] * 200)[2:, 0].tolist()) == {0.0}


@pytest.mark.parametrize(("offset", "tolerance"), [(0.0, 1e-6), (1e4, 1e-6), (1e6, 1e-5)])
def test_moments_over_28_days_are_those_of_numpy(offset: float, tolerance: float) -> None:
    rng, n = np.random.default_rng(3), 60_000
    times = np.sort(rng.integers(0, 60 * DAY, n))
    values = offset + rng.normal(10.0, 40.0, n)
    found = features_of(
        [feature(agg, "amount", 28 * DAY) for agg in ("sum", "mean", "std")], times.tolist(), list(values)
    )
    tile = 4 * DAY
    for event in range(1_000, n, 997):
        held = values[:event][times[:event] // tile > times[event] // tile - 7]
        expected = [held.sum(), held.mean(), held.std(ddof=1)]
        scale = [np.abs(held).sum(), np.abs(held).mean(), expected[2]]
        assert (np.abs(found[event] - expected) <= np.array([1e-6, 1e-6, tolerance]) * scale).all()


def test_a_constant_added_ten_thousand_times_does_not_drift() -> None:
    n = 10_000
    times = np.arange(n) * (28 * DAY // n)
    total = features_of([feature("sum", "amount", 28 * DAY)], times.tolist(), [0.1] * n)[:, 0]
    tile = 4 * DAY
    counts = np.array([np.count_nonzero(times[:i] // tile > times[i] // tile - 7) for i in range(0, n, 500)])
    np.testing.assert_allclose(total[::500], counts * 0.1, rtol=2e-7, atol=1e-9)
