import numpy as np

from services.outcomes.domain.spread import spread


def test_few_are_all_taken() -> None:
    assert spread(np.arange(5), 5).tolist() == [0, 1, 2, 3, 4]
    assert spread(np.arange(0), 5).tolist() == []


def test_of_each_stretch_one_is_taken_the_same_again() -> None:
    numbers = np.arange(1000) * 3
    found = spread(numbers, 64)
    assert found.tolist() == spread(numbers, 64).tolist()
    edges = np.arange(65) * 1000 // 64 * 3
    assert ((found >= edges[:-1]) & (found < edges[1:])).all()


def test_what_comes_in_turns_is_met_in_every_place() -> None:
    found = spread(np.arange(100_000), 1000)
    assert np.bincount(found % 10, minlength=10).min() > 60
