"""Positions spread over all rows."""

import numpy as np
import pytest

from services.training.domain.sample import evenly


@pytest.mark.parametrize(("count", "most"), [(1000, 64), (64, 64), (3, 64), (1, 64), (65, 64)])
def test_at_most_so_many_from_the_first_to_the_last(count: int, most: int) -> None:
    chosen = evenly(count, most)
    assert len(chosen) == min(count, most)
    assert (chosen[0], chosen[-1]) == (0, count - 1)
    steps = np.diff(chosen).tolist() or [1]
    assert max(steps) - min(steps) <= 1


def test_of_nothing_there_is_nothing() -> None:
    assert evenly(0, 64).tolist() == []
