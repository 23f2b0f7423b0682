"""What scoring took, and what it may take."""

import pytest

from services.registry.domain.served import Served, together
from tests.unit.registry.play import COST, spent


def test_it_is_what_inference_tells() -> None:
    assert Served.of(spent(7.5, rows=300, calls=20)) == Served(300, 20, 7.5)


def test_sums_are_of_all_of_them() -> None:
    assert together([Served(300, 20, 7.5), Served(1, 1, 0.5)]) == Served(301, 21, 8.0)
    assert together(()) == Served()


def test_calls_and_rows_may_each_take_what_the_staging_test_lets_them() -> None:
    # four times what was promised, and a half of a millisecond for a call, five for 1,000 rows
    assert Served(0, 10).most(COST) == pytest.approx(10 * (4 * 0.125 + 0.5))
    assert Served(500, 0).most(COST) == pytest.approx(0.5 * (4 * 1.75 + 5.0))
    assert Served(500, 10).most(COST) == pytest.approx(16.0)
