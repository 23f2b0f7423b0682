import numpy as np

from services.outcomes.domain import besides, rows
from services.outcomes.domain.answer import Answer, Beside
from services.outcomes.domain.names import Names
from tests.unit.outcomes.test_answers import Book, answer_to

BESIDES = (
    Beside("m7", 0.75, True, "challenger"),
    Beside("m7", -0.0, False, "champion"),
    Beside("m8", None, None, "challenger"),
    Beside("m9", 712.5, 4, "champion"),
)


def paired(seq: int) -> Answer:
    """An answer of which every third has another beside it."""
    beside = BESIDES[seq % 4] if seq % 3 == 0 else None
    arm = "challenger" if beside is not None and beside.arm == "champion" else "champion"
    return answer_to(seq)._replace(arm=arm, beside=beside)


def test_what_stands_beside_an_answer_is_found_again_whatever_the_batches() -> None:
    whole = Book()
    whole.keep(*map(paired, range(100)))
    parts = Book()
    for start in range(0, 100, 7):
        parts.keep(*map(paired, range(start, min(start + 7, 100))))
    for book in (whole, parts):
        assert [book.draft()[1].get(seq) for seq in range(100)] == list(map(paired, range(100)))
    assert repr(parts.draft()[1].get(9)) == repr(paired(9))
    assert parts.ledger.changes().keys() == whole.ledger.changes().keys()


def test_a_truth_leaves_it_where_it_is() -> None:
    book = Book()
    book.keep(*map(paired, range(40)))
    labelled = [paired(seq).restated("on_time", 1.0, 9) for seq in (0, 1, 33)]
    book.keep(*labelled, new=False)
    assert [book.draft()[1].get(seq) for seq in (0, 1, 33, 3)] == [*labelled, paired(3)]


def test_a_page_without_any_is_as_long_as_ever() -> None:
    book = Book()
    book.keep(*map(answer_to, range(16)), *map(paired, range(16, 48)))
    pages = [book.ledger.get([rows.page_key(page)])[0] or b"" for page in range(3)]
    size, more = len(rows.EMPTY), rows.PAGE * besides.BESIDE.itemsize
    assert [len(page) for page in pages] == [size, size + more, size + more]
    assert besides.tails([None, *pages])[:2] == [b"", b""]


def test_the_same_events_as_the_other_model_would_have_answered_them() -> None:
    its = np.zeros(3, rows.ROW)
    its["time"], its["weight"], its["model"], its["score"], its["decision"] = 7, 4, 1, 0.25, rows.NO
    its["present"] = rows.SCORE | rows.LABEL, rows.SCORE, rows.LABEL
    others = np.zeros(3, besides.BESIDE)
    others["model"], others["score"], others["decision"] = 2, 0.75, rows.YES
    others["present"] = besides.THERE | besides.SCORED, besides.THERE, besides.THERE | besides.SCORED
    found = besides.rows_beside(its, others)
    assert found["present"].tolist() == [rows.SCORE | rows.LABEL, 0, rows.SCORE | rows.LABEL]
    assert {name: set(found[name].tolist()) for name in ("model", "score", "decision", "time", "weight")} == {
        "model": {2},
        "score": {0.75},
        "decision": {rows.YES},
        "time": {7},
        "weight": {4},
    }
    assert its["model"].tolist() == [1, 1, 1]


def test_the_tails_of_other_pages_stay_as_they_are() -> None:
    found = besides.written([b"", b"", b""], {20: paired(3)}, Names(b"m"))
    assert [len(tail) > 0 for tail in found] == [False, True, False]
    assert besides.arms_of(besides.joined(found))[20] == "challenger"
    assert sum(besides.joined(found)["present"] > 0) == 1
