from itertools import repeat

import numpy as np

from services.contracts.arm import CHAMPION
from services.contracts.ledger import Ledger, Nothing
from services.outcomes.domain import rows
from services.outcomes.domain.answer import Answer, Body
from services.outcomes.domain.groups import Groups
from services.outcomes.domain.names import Names

OPEN = Answer(3, "a", "p", -5, ("north",), 0.25, False, "m1", "f1", b"\1", ("x",))
ANSWERS = (
    OPEN,
    OPEN._replace(seq=4, score=None, decision=None),
    OPEN._replace(seq=5, score=-0.0, decision=True).restated("missing", None, 7),
    OPEN.restated("early", 0.0, 0)._replace(seq=6, model="m2"),
    OPEN.restated("missing", None, 7).restated("late", 1.0, 8)._replace(seq=21, feature_set="f2"),
    OPEN.restated("on_time", 1.0, 8).restated("corrected", 0.0, 9, rank=250)._replace(seq=22),
    OPEN._replace(seq=23, weight=100_000).restated("censored", None, -5),
    OPEN._replace(seq=24, decision=99).restated("on_time", 98.0, 8),
)


def _body(answer: Answer) -> Body:
    return Body(answer.event_id, answer.key, answer.slices, answer.numbers, answer.categories)


def test_an_answer_is_found_again_in_its_row_and_its_body() -> None:
    models, feature_sets = Names(b"m"), Names(b"f")
    found = rows.rows_of(ANSWERS, models, feature_sets, Groups.load(Ledger(Nothing())))
    seqs = [answer.seq for answer in ANSWERS]
    names, alone = (models, feature_sets), (repeat(CHAMPION, len(ANSWERS)), repeat(None, len(ANSWERS)))
    again = list(rows.answers_of(seqs, found, map(_body, ANSWERS), names, *alone))
    assert again == list(ANSWERS)
    assert repr(again) == repr(list(ANSWERS))


def test_a_row_tells_what_profiles_and_cohorts_need() -> None:
    found = rows.rows_of(ANSWERS, Names(b"m"), Names(b"f"), Groups.load(Ledger(Nothing())))
    assert (found["status"] == rows.OPEN).tolist() == [not answer.resolved for answer in ANSWERS]
    assert (found["label"] >= 0.5).tolist() == [answer.positive for answer in ANSWERS]
    assert np.isnan(found["score"]).tolist() == [answer.score is None for answer in ANSWERS]
    assert ((found["present"] & rows.LABEL) > 0).tolist() == [answer.label is not None for answer in ANSWERS]


def test_a_page_holds_sixteen_rows_and_one_that_is_not_there_empty_ones() -> None:
    found = np.zeros(2 * rows.PAGE, rows.ROW)
    seqs = [answer.seq for answer in ANSWERS]
    found[seqs] = rows.rows_of(ANSWERS, Names(b"m"), Names(b"f"), Groups.load(Ledger(Nothing())))
    pages = rows.pages_of(found)
    assert [rows.page_of(seq) for seq in seqs] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [rows.status_of(pages[rows.page_of(seq)], seq) for seq in seqs] == found["status"][seqs].tolist()
    whole = rows.joined([None, pages[1]])["status"].tolist()
    assert whole == [0] * rows.PAGE + found["status"][rows.PAGE :].tolist()
    assert rows.joined([None]).tobytes() == rows.EMPTY
