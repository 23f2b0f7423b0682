"""What serving takes: times are the file's own, and memory is counted even if it was given back."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from services.chassis.serving_cost import MANY, cost_of, held_at_most
from services.contracts.golden_feed import Feed, GoldenFeed

ROWS = GoldenFeed(["a"], [], [[1.0], [2.0], [3.0]], [[], [], []])


def test_rows_are_served_alone_and_together() -> None:
    sizes = []
    found = cost_of(lambda feed: sizes.append(len(feed["a"])), ROWS, held_at_most())
    assert set(sizes) == {2, MANY}
    assert 0 < found["alone"] <= found["alone_p99"]
    assert found["together"] >= 0


def _hungry(_feed: Feed) -> object:
    return np.ones(40 * 2**20, np.uint8).sum()


def _memory_of_hungry() -> float:
    return cost_of(_hungry, ROWS, held_at_most())["mib"]


def test_what_was_held_at_most_counts_though_it_is_free_again() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        assert fresh.submit(_memory_of_hungry).result() > 30


def test_what_happens_once_is_not_the_files() -> None:
    slow = iter([True])

    def once(feed: Feed) -> object:
        return sum(range(3_000_000)) if next(slow, False) else None

    assert cost_of(once, ROWS, 0.0)["alone_p99"] < 20
