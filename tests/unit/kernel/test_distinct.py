"""How many different values: exact while few, and how far off when many."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.kernel.distinct import CELLS, EXACT
from services.kernel.hashing import hashed
from services.kernel.plan import compile_plan
from tests.unit.kernel.streams import DAY, HOUR, Log, feature, run


def counted(times: NDArray[np.int64], values: NDArray[np.generic], window: int | None = DAY) -> NDArray[np.float32]:
    """Of one entity, as each event finds it."""
    n, plan = len(times), compile_plan([feature("distinct", "shop", window)])
    column = {"hash of shop": hashed(values)}
    return run(plan, plan.empty(1), Log(np.zeros(n, np.int64), np.zeros(n, np.int8), times, column, {}))[:, 0]


def numbered(values: NDArray[np.int64]) -> NDArray[np.object_]:
    texts = np.empty(len(values), object)
    texts[:] = [f"shop {value}" for value in values]
    return texts


def test_few_values_are_counted_exactly_as_they_come_again_and_leave() -> None:
    rng, n = np.random.default_rng(0), 5_000
    times, shops = np.cumsum(rng.integers(0, 2 * HOUR, n)), rng.integers(0, EXACT, n)
    found, tile = counted(times, numbered(shops)), DAY // 12
    for event in range(0, n, 7):
        held = times[:event] // tile > times[event] // tile - 12
        assert found[event] == len(set(shops[:event][held].tolist()))


@pytest.mark.parametrize(("number", "error"), [(32, 0.0), (100, 0.05), (300, 0.06), (1_000, 0.12)])
def test_many_values_are_estimated_within_the_documented_error(number: int, error: float) -> None:
    squares = []
    for seed in range(40):
        values = numbered(np.append(np.arange(number) + 10_000 * seed, 0))
        squares.append((counted(np.zeros(number + 1, np.int64), values)[-1] / number - 1.0) ** 2)
    assert np.sqrt(np.mean(squares)) <= error


def test_beyond_what_its_cells_can_tell_it_stays_at_its_greatest() -> None:
    values = numbered(np.arange(20_000))
    found = counted(np.zeros(20_000, np.int64), values)
    assert found[-1] == round(CELLS * np.log(2 * CELLS)) == 1_597
    assert (np.diff(found) >= 0).all()


def test_a_crowd_that_has_left_is_counted_exactly_again() -> None:
    values = numbered(np.append(np.arange(1_000), np.arange(20)))
    times = np.append(np.zeros(1_000, np.int64), np.full(20, 2 * DAY))
    assert counted(times, values)[1_000:].tolist() == list(range(20))


def test_a_late_value_counts_in_its_own_tile() -> None:
    shops = numbered(np.array([1, 2, 3, 1, 9, 9]))
    times = np.array([0, DAY, -DAY, HOUR * 4, DAY + HOUR * 3, DAY + 4 * HOUR])
    # at 24:00 shop 1 of 00:00 has left, shop 3 of the day before is too old; shop 1 of 04:00 stays until 28:00
    assert counted(times, shops).tolist() == [0, 0, 1, 1, 2, 2]


def test_numbers_and_texts_have_hashes_of_53_bits_that_never_change() -> None:
    assert hashed(np.array(["Oslo", "", None], object)).tolist()[0] == 3297400175186526.0
    numbers = hashed(np.array([1.5, 0.0, -0.0, np.nan, np.inf, 1e39]))
    assert numbers.tolist()[:3] == [8133535169441222.0, 0.0, 0.0]
    assert np.isnan(numbers[3:]).all()
    assert np.isnan(hashed(np.array(["", None], object))).all()
    assert hashed(np.array([True, False])).tolist() == hashed(np.array([1.0, 0.0])).tolist()
    many = hashed(np.arange(100_000.0))
    assert len(set((many % 2**28).tolist())) > 99_950
    assert many.max() < 2**53
