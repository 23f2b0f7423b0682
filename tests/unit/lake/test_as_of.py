"""Which vector was known of an entity at a time."""

import numpy as np
import pandas as pd
import pytest

from services.lake.domain.as_of import NONE, clocks, newest

EVENTS = pd.DataFrame(
    {
        "key": ["a", "b", "a", "a", "b"],
        "seq": [0, 1, 2, 3, 5],
        "time": [10, 15, 30, 20, 40],  # the fourth comes late
    }
)
NO_LABELS = pd.DataFrame({"key": [], "after_seq": [], "time": []}).astype({"after_seq": "int64", "time": "int64"})


def at(keys: list[str], times: list[int] | None, labels: pd.DataFrame = NO_LABELS) -> list[int]:
    asked = None if times is None else np.array(times, np.int64)
    return list(map(int, newest(EVENTS, clocks(EVENTS, labels), keys, asked)))


def test_a_vector_counts_from_its_events_time_on() -> None:
    assert at(["a", "a", "b", "b"], [9, 10, 39, 40]) == [NONE, 0, 1, 4]


def test_a_late_events_vector_counts_from_what_it_knows_on() -> None:
    assert at(["a", "a", "a"], [20, 29, 30]) == [0, 0, 3]


def test_a_label_that_was_known_later_holds_the_vectors_after_it_back() -> None:
    labels = pd.DataFrame({"key": ["b", "a"], "after_seq": [0, 4], "time": [25, 90]})
    assert clocks(EVENTS, labels).tolist() == [10, 25, 30, 30, 40]
    assert at(["b", "b"], [24, 25], labels) == [NONE, 1]


def test_without_a_time_it_is_the_last_of_the_log() -> None:
    assert at(["a", "b", "nobody"], None) == [3, 4, NONE]


@pytest.mark.parametrize("seed", range(20))
def test_no_vector_knows_of_anything_later_whatever_the_order(seed: int) -> None:
    chance = np.random.default_rng(seed)
    size = 60
    events = pd.DataFrame(
        {
            "key": chance.choice(list("abc"), size),
            "seq": chance.permutation(size),
            "time": chance.integers(0, 100, size),
        }
    )
    keys, times = chance.choice(list("abcd"), 40).tolist(), chance.integers(0, 100, 40)
    found = newest(events, clocks(events, NO_LABELS), keys, times)
    for key, time, position in zip(keys, times, found, strict=True):
        log = events[events["key"] == key].sort_values("seq")
        allowed = log[log["time"].cummax() <= time]
        assert position == (allowed.index[-1] if len(allowed) else NONE)
