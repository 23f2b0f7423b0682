import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.lake.domain.removal import ERASED, EXPIRED, Removal, Span, erased, floors, gone_before, spans
from services.lake.domain.table import tables_of


def removal(cause: str, table: str, partition: int, start: int, end: int) -> Removal:
    return Removal("r", cause, table, partition, start, end, end - start, 0)


def test_offsets_that_follow_each_other_are_one_span() -> None:
    assert spans(np.array([3, 4, 5, 9, 11, 12])) == [Span(3, 6), Span(9, 10), Span(11, 13)]
    assert spans(np.empty(0, np.int64)) == []


@given(st.sets(st.integers(0, 40)))
def test_spans_hold_every_offset_once(offsets: set[int]) -> None:
    held = np.array(sorted(offsets), np.int64)
    made = [removal(ERASED, "events", 0, *span) for span in spans(held)]
    assert erased(made, "events", 0).tolist() == held.tolist()


def test_the_last_removal_by_time_counts_for_its_table() -> None:
    made = [removal(EXPIRED, "events", 0, 0, n) for n in (3, 9, 5)]
    made += [removal(EXPIRED, "labels", 1, 0, 4), removal(ERASED, "events", 1, 0, 7)]
    assert floors(made, "events") == {0: 9}
    assert floors(made, "labels") == {1: 4}
    assert floors(made, "ticks") == {}


def test_what_was_erased_twice_is_gone_once() -> None:
    made = [removal(ERASED, "events", 0, 2, 5), removal(ERASED, "events", 0, 4, 6), removal(ERASED, "events", 1, 0, 1)]
    assert erased(made, "events", 0).tolist() == [2, 3, 4, 5]
    assert erased(made, "labels", 0).tolist() == []


def test_a_log_is_not_whole_before_the_last_row_that_is_gone() -> None:
    tables = tables_of(["features", "features.area"])
    made = [
        removal(EXPIRED, "events", 0, 0, 9),
        removal(ERASED, "labels", 0, 30, 31),
        removal(EXPIRED, "ticks", 0, 0, 99),
    ]
    made += [removal(ERASED, "features_area", 1, 3, 5), removal(ERASED, "outcomes", 0, 0, 50)]
    assert gone_before([*made[:2], *made[3:]], tables["events"], keyed=True) == {0: 9}
    assert gone_before(made, tables["features.area"], keyed=False) == {1: 5}
