import random
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.lake.domain.dataset import Contract, Datasets, Mark, dataset_id

CONTRACT = Contract("f1", "l1")


def mark(partition: int, offset: int, watermark: int, rows: int = 0) -> Mark:
    matured_time = watermark - 3 if rows else None
    return Mark(partition, offset, watermark, rows - 1, rows, positives=rows // 2, matured_time=matured_time)


def datasets(partitions: int = 2, last: dict[str, Any] | None = None, window: int = 10) -> Datasets:
    return Datasets(partitions, window, CONTRACT, last)


def test_a_dataset_is_made_when_every_partition_has_come_so_far() -> None:
    fold = datasets()
    assert fold.update(mark(0, 7, 10, rows=4)) == []
    [made] = fold.update(mark(1, 3, 12, rows=2))
    assert made == {
        "dataset_id": dataset_id(made["ranges"], CONTRACT),
        "clock": 10,
        "feature_set": "f1",
        "label_policy": "l1",
        "ranges": [
            {"partition": 0, "from_offset": 0, "to_offset": 8, "matured_seq": 3},
            {"partition": 1, "from_offset": 0, "to_offset": 4, "matured_seq": 1},
        ],
        "rows": 6,
        "positives": 3,
        "censored": 0,
        "matured_time": 7,
    }


def test_what_was_acted_on_is_added_up_and_names_no_dataset() -> None:
    made = []
    for censored in (0, 3):
        fold = datasets()
        fold.update(replace(mark(0, 7, 10, rows=4), censored=censored))
        made += fold.update(replace(mark(1, 3, 12, rows=2), censored=2 * censored))
    assert [one["censored"] for one in made] == [0, 9]
    assert made[0]["dataset_id"] == made[1]["dataset_id"]


def test_a_partition_without_matured_events_says_nothing_of_their_time() -> None:
    fold = datasets()
    made = [one for m in (mark(0, 1, 10), mark(1, 1, 10), mark(0, 2, 20), mark(1, 2, 25, 4)) for one in fold.update(m)]
    assert [one["matured_time"] for one in made] == [None, 22]


def test_each_boundary_has_its_own_dataset_ending_with_the_first_mark_beyond() -> None:
    fold = datasets()
    made = [one for m in (mark(0, 1, 10), mark(0, 2, 20), mark(0, 3, 30), mark(1, 9, 31)) for one in fold.update(m)]
    assert [one["clock"] for one in made] == [10, 20, 30]
    assert [[r["to_offset"] for r in one["ranges"]] for one in made] == [[2, 10], [3, 10], [4, 10]]


def test_a_partition_that_jumps_makes_no_dataset_for_what_it_jumped() -> None:
    fold = datasets()
    made = [one for m in (mark(0, 1, 10), mark(1, 1, 10), mark(0, 2, 50), mark(1, 2, 50)) for one in fold.update(m)]
    assert [one["clock"] for one in made] == [10, 50]


def test_known_boundaries_are_passed_over() -> None:
    marks = [mark(p, offset, 10 * offset) for offset in range(1, 5) for p in (0, 1)]
    fresh = datasets()
    all_of_them = [one for m in marks for one in fresh.update(m)]
    known = datasets(last=all_of_them[1])
    assert [one for m in marks for one in known.update(m)] == all_of_them[2:]


def test_rows_are_not_named_again_for_another_clock_when_the_window_changes() -> None:
    marks = [mark(0, 1, 14), mark(0, 2, 31)]
    (last, _) = [one for m in marks for one in datasets(1).update(m)]
    changed = datasets(1, last, window=2)
    made = [one for m in marks for one in changed.update(m)]
    assert [one["clock"] for one in made] == [30]
    assert last["dataset_id"] not in {one["dataset_id"] for one in made}


def test_rows_that_are_gone_are_in_no_dataset_from_then_on() -> None:
    fold = datasets()
    fold.begin({0: 2})
    made = [one for m in (mark(0, 1, 10), mark(1, 1, 10), mark(0, 5, 20), mark(1, 4, 20)) for one in fold.update(m)]
    assert [[(r["from_offset"], r["to_offset"]) for r in one["ranges"]] for one in made] == [
        [(2, 2), (0, 2)],
        [(2, 6), (0, 5)],
    ]
    assert made[1]["dataset_id"] == dataset_id(made[1]["ranges"], CONTRACT)


_STEPS = st.lists(st.lists(st.integers(1, 4), max_size=8), min_size=3, max_size=3)


@given(_STEPS, st.randoms(use_true_random=False))
def test_the_order_among_partitions_does_not_matter(steps: list[list[int]], chance: random.Random) -> None:
    marks = [[mark(p, n, 10 * sum(jumps[: n + 1]), rows=n) for n in range(len(jumps))] for p, jumps in enumerate(steps)]
    one_after_the_other, mixed = datasets(3), datasets(3)
    expected = [made for side in marks for m in side for made in one_after_the_other.update(m)]
    sides, found = [list(side) for side in marks], []
    while remaining := [side for side in sides if side]:
        found += mixed.update(chance.choice(remaining).pop(0))
    assert found == expected
    assert len({one["dataset_id"] for one in expected}) == len(expected)


def test_the_id_names_ranges_features_and_label_policy() -> None:
    ranges = [{"partition": 0, "from_offset": 0, "to_offset": 8, "matured_seq": 3}]
    ids = {dataset_id(ranges, c) for c in (CONTRACT, Contract("f2", "l1"), Contract("f1", "l2"))}
    assert len(ids | {dataset_id([], CONTRACT)}) == 4
    assert all(len(one) == 16 for one in ids)
