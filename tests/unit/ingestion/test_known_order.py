"""Events and labels come in the order in which the world learnt of them."""

import numpy as np

from services.ingestion.domain.known_order import known_order


def _sequence(events: list[int], labels: list[int]) -> list[str]:
    order = known_order(np.array(events, dtype=np.int64), np.array(labels, dtype=np.int64))
    assert len(order) == len(events) + len(labels)
    assert (np.diff(order.times) >= 0).all()
    return [f"{'l' if label else 'e'}{index}" for label, index in zip(order.is_label, order.index, strict=True)]


def test_a_label_comes_when_it_is_known() -> None:
    assert _sequence([0, 10, 20], [5, 15, 25]) == ["e0", "l0", "e1", "l1", "e2", "l2"]


def test_labels_come_first_on_a_tie() -> None:
    assert _sequence([10, 10], [10]) == ["l0", "e0", "e1"]


def test_ties_keep_the_order_of_the_table() -> None:
    assert _sequence([10, 5, 10, 5], []) == ["e1", "e3", "e0", "e2"]


def test_nothing_gives_nothing() -> None:
    assert _sequence([], []) == []
