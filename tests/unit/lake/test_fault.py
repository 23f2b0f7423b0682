import numpy as np

from services.lake.domain.fault import Fault, Found, Offsets, leaps, repeated, unmatched

NONE = np.empty(0, np.int64)


def at(*offsets: int) -> Offsets:
    return np.array(offsets, np.int64)


def test_equal_sides_have_no_fault() -> None:
    assert list(unmatched(at(1, 2, 5), at(1, 2, 5))) == list(unmatched(NONE, NONE)) == []
    assert list(repeated(at(1, 2, 5))) == list(repeated(NONE)) == []


def test_the_first_row_that_one_side_lacks_is_named() -> None:
    assert list(unmatched(at(1, 2, 3, 4), at(1, 4))) == [Found(2, "the topic has it, the table lacks it", 2)]
    assert list(unmatched(at(1), at(1, 7))) == [Found(7, "the table has it, the topic doesn't")]


def test_a_row_that_is_there_twice_is_named() -> None:
    assert list(repeated(at(1, 2, 2, 3, 3, 3))) == [Found(2, "is there twice", 3)]


def test_seqs_follow_each_other() -> None:
    assert list(leaps(at(0, 2, 7), at(5, 6, 7), NONE)) == list(leaps(NONE, NONE, NONE)) == []
    assert list(leaps(at(0, 2, 7), at(5, 6, 8), NONE)) == [Found(7, "seq 8 follows 6")]
    assert list(leaps(at(0, 2, 7), at(5, 6, 6), NONE)) == [Found(7, "seq 6 follows 6")]


def test_a_row_that_is_there_twice_is_no_leap() -> None:
    assert list(leaps(at(0, 2, 2, 3), at(5, 6, 6, 7), NONE)) == []


def test_seqs_of_rows_that_were_removed_may_be_missing() -> None:
    assert list(leaps(at(0, 9), at(5, 8), at(3, 4))) == []
    assert list(leaps(at(0, 9), at(5, 9), at(3, 4))) == [Found(9, "seq 9 follows 5")]


def test_a_fault_is_told_to_programs() -> None:
    told = {"table": "events", "partition": 1, "offset": 3, "what": "is there twice", "rows": 2}
    assert Fault("events", 1, 3, "is there twice", 2).to_dict() == told
