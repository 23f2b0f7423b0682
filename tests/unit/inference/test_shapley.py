"""Shapley values beside their definition, and the laws that name them (Shapley 1953)."""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
import pytest

from services.inference.domain.shapley import EXACT, Design, Floats, design

Score = Callable[[Floats], Floats]
ROWS = 16
CHANCE = np.random.default_rng(5)
WEIGHTS = CHANCE.normal(size=12)


def smooth(rows: Floats) -> Floats:
    """A score in which parts act together."""
    found: Floats = 1 / (1 + np.exp(-rows @ WEIGHTS[: rows.shape[1]] - rows[:, 0] * rows[:, 1]))
    return found


def linear(rows: Floats) -> Floats:
    found: Floats = rows @ WEIGHTS[: rows.shape[1]]
    return found


def scene(parts: int) -> tuple[Floats, Floats]:
    """A row and a background."""
    chance = np.random.default_rng(parts)
    return chance.normal(size=parts), chance.normal(size=(ROWS, parts))


def scored(made: Design, score: Score, row: Floats, background: Floats) -> Floats:
    return score(np.where(made.joined, row, background[made.background]))


def values(score: Score, row: Floats, background: Floats) -> Floats:
    made = design(len(row), len(background))
    return made.values(scored(made, score, row, background))


def by_definition(score: Score, row: Floats, background: Floats) -> Floats:
    """The mean of what a part adds to each set of the others, by the share of the orders in which it meets that set."""
    parts = range(len(row))

    def worth(members: tuple[int, ...]) -> float:
        mixed = background.copy()
        mixed[:, members] = row[list(members)]
        return float(score(mixed).mean())

    def of(part: int) -> float:
        others = [one for one in parts if one != part]
        return sum(
            factorial(size) * factorial(len(others) - size) / factorial(len(row)) * (worth((*some, part)) - worth(some))
            for size in range(len(row))
            for some in combinations(others, size)
        )

    return np.array([of(part) for part in parts])


@pytest.mark.parametrize("parts", [2, 3, 5, EXACT])
def test_few_parts_get_what_the_definition_gives_them(parts: int) -> None:
    row, background = scene(parts)
    assert values(smooth, row, background) == pytest.approx(by_definition(smooth, row, background), abs=1e-12)


def test_a_single_part_gets_all() -> None:
    (found,) = values(lambda rows: rows[:, 0], np.array([3.0]), np.array([[1.0], [0.0]]))
    assert found == 2.5


@pytest.mark.parametrize("parts", [5, EXACT + 1, 12])
def test_of_a_linear_score_each_part_gets_its_own_distance(parts: int) -> None:
    """The closed form: weight times distance from the mean of the background, whichever orders are sampled."""
    row, background = scene(parts)
    expected = WEIGHTS[:parts] * (row - background.mean(0))
    assert values(linear, row, background) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("parts", [EXACT + 1, 9])
def test_sampled_orders_come_near_to_the_definition(parts: int) -> None:
    row, background = scene(parts)
    exact = by_definition(smooth, row, background)
    assert np.abs(values(smooth, row, background) - exact).max() < 0.1 * np.abs(exact).max()


@pytest.mark.parametrize("parts", [2, EXACT, EXACT + 1, 12])
def test_base_and_values_add_up_to_the_score(parts: int) -> None:
    row, background = scene(parts)
    made = design(parts, ROWS)
    scores = scored(made, smooth, row, background)
    assert scores[0] == smooth(row[None])[0]
    assert made.base(scores) == pytest.approx(smooth(background).mean(), abs=1e-15)
    assert made.base(scores) + made.values(scores).sum() == pytest.approx(scores[0], abs=1e-12)


@pytest.mark.parametrize("parts", [5, 12])
def test_a_part_that_the_score_does_not_read_gets_nothing(parts: int) -> None:
    row, background = scene(parts)
    assert values(lambda rows: smooth(rows[:, [0, 1, 3, 4]]), row, background)[2] == 0.0


def test_parts_that_do_the_same_get_the_same() -> None:
    row, background = scene(5)
    row[3], background[:, 3] = row[2], background[:, 2]
    found = values(lambda rows: rows[:, 0] * np.exp(rows[:, 2] + rows[:, 3]), row, background)
    assert found[2] == pytest.approx(found[3], abs=1e-12)
    assert abs(found[2]) > 0.01


@pytest.mark.parametrize("parts", [5, 12])
def test_a_row_is_mixed_with_each_row_of_the_background_alike(parts: int) -> None:
    made = design(parts, ROWS)
    assert len(set(np.bincount(made.background[1:]).tolist())) == 1
    assert made.joined[0].all()
    assert not made.joined[1 : 1 + ROWS].any()


@pytest.mark.parametrize(
    ("parts", "mixtures"), [(1, 65), (EXACT, 63 * 64 + 1), (EXACT + 1, 13 * 64 + 1), (40, 79 * 64 + 1)]
)
def test_what_it_costs_is_known_before(parts: int, mixtures: int) -> None:
    assert len(design(parts, 64).joined) == mixtures


def test_the_design_is_the_same_in_every_process() -> None:
    """Told in numbers: an order that came from elsewhere would be another one."""
    made = design(8, 2)
    assert made.part[:16].tolist() == made.part[:8].tolist() + made.part[:8][::-1].tolist()
    assert made.part[:8].tolist() == [3, 2, 1, 5, 6, 0, 7, 4]
