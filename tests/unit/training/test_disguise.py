"""Two numbers, or a number and its past, that only together tell the label are found; what helps is not."""

from dataclasses import replace

import numpy as np
import pytest

from services.training.domain.cohort import Floats, Rows
from services.training.domain.disguise import _pairs, disguises
from services.training.domain.leakage import leaks
from tests.unit.training.rows import NUMBERS, made_rows

COUNT = 4_000
CHANCE = np.random.default_rng(8)
ONE, OTHER, THIRD = np.exp(CHANCE.normal(size=(3, COUNT)))
SHOPS = CHANCE.choice(np.array(["a", "b", "c"], object), COUNT)


def of(label: "np.ndarray[tuple[int], np.dtype[np.bool_]]", entity: bool = False, **columns: Floats) -> Rows:
    rows = made_rows(days=40, a_day=100)
    told = {name: values.astype(np.float32) for name, values in columns.items()}
    inputs = rows.inputs.assign(**told)
    made = replace(rows, label=label.astype(np.int8), inputs=inputs, numbers=(*NUMBERS, *told))
    return replace(made, entity=SHOPS) if entity else made


def found(rows: Rows) -> list[str]:
    return [one.expression for one in disguises(rows, rows.numbers, 2_800)]


@pytest.mark.parametrize(
    ("label", "expression"),
    [(ONE > OTHER, "one - other"), (ONE > 3 * OTHER, "one / other"), (ONE - OTHER < 0.7, "one - other")],
)
def test_two_numbers_that_tell_it_together_are_found(label: np.ndarray, expression: str) -> None:
    rows = of(label, one=ONE, other=OTHER, third=THIRD)
    assert leaks(rows.take(np.arange(2_800)), rows.take(np.arange(2_800, COUNT))) == ()
    assert found(rows) == [expression]


def before(values: Floats, count: int) -> Floats:
    """Of each row, the mean of the last values of its shop, row by row."""
    past: dict[str, list[float]] = {}
    means = []
    for shop, value in zip(SHOPS, values, strict=True):
        some = past.setdefault(shop, [])
        means.append(np.mean(some[-count:]) if some else np.nan)
        some.append(value)
    return np.array(means)


@pytest.mark.parametrize(("count", "what"), [(1, "its last value"), (50, "its mean of the last 50")])
def test_a_number_that_tells_it_with_its_past_is_found(count: int, what: str) -> None:
    label = before(ONE, count) < ONE
    assert found(of(label, entity=True, one=ONE)) == [f"one - {what}"]
    assert found(of(label, one=ONE)) == []


def test_the_past_of_another_entity_is_not_ones_own() -> None:
    """A thousand shops with four orders each: what went before the first is nobody's."""
    shops = np.repeat(np.array([f"s{n}" for n in range(COUNT // 4)], object), 4)
    last = np.where(np.arange(COUNT) % 4 == 0, np.nan, np.roll(ONE, 1))
    rows = replace(of(ONE > OTHER, one=ONE), entity=shops)
    (value,) = [pair for pair in _pairs(rows, ("one",)) if pair.text == "one - its last value"]
    assert np.isnan(value.right).tolist() == np.isnan(last).tolist()
    assert np.nanmax(np.abs(value.right - last)) < 1e-6


def test_missing_and_infinite_values_are_no_error() -> None:
    gone = np.where(np.arange(COUNT) % 50 == 0, np.nan, np.where(np.arange(COUNT) % 51 == 0, np.inf, ONE))
    assert found(of(ONE > OTHER, entity=True, one=gone, other=OTHER, zero=np.zeros(COUNT))) == []
    assert found(of(gone > OTHER, entity=True, one=gone, other=OTHER, zero=np.zeros(COUNT))) == ["one - other"]


def test_what_merely_helps_is_not_suspected() -> None:
    noisy = ONE + CHANCE.normal(size=COUNT) > OTHER
    assert found(of(noisy, entity=True, one=ONE, other=OTHER)) == []
    assert found(replace(made_rows(strength=8.0), entity=np.full(3_600, "x", object))) == []


def test_one_leak_is_told_once() -> None:
    rows = of(ONE > OTHER, one=ONE, other=OTHER, same=ONE * 1.0001)
    assert len(found(rows)) == 1
