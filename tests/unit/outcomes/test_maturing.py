import pytest

from services.contracts.ledger import Nothing
from services.outcomes.domain import maturing as module
from services.outcomes.domain.answer import Answer
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.maturing import Maturing
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.state import OutcomesState

POLICY = Policy(maturity=20, lateness=1, window=32)
"""Slots of two."""


def _filled(*times: int) -> Draft:
    draft = OutcomesState(0, POLICY, Nothing()).draft()
    for seq, time in enumerate(times):
        draft.add(Answer(seq, f"e{seq}", "p", time, (), 0.5, True, "m1", "f1", b"", ()))
    return draft


def _calendar(draft: Draft) -> Maturing:
    return Maturing(draft.answers, draft.windows, draft.progress, POLICY)


def test_open_events_come_by_time_whatever_their_order() -> None:
    calendar = _calendar(_filled(40, 3, 41, 2, 100))
    assert calendar.ahead(0, 30) == ([(2, 3), (3, 1), (40, 0), (41, 2)], 31)
    assert calendar.ahead(2, 100) == ([(40, 0), (41, 2), (100, 4)], 101)
    assert calendar.ahead(60, 61) == ([], 62)


def test_what_is_labelled_is_left_out() -> None:
    draft = _filled(2, 3)
    answer = draft.answers.get(0)
    assert answer is not None
    draft.answers.update(answer.restated("on_time", 1.0, 5))
    assert _calendar(draft).ahead(0, 9) == ([(3, 1)], 10)


def test_of_a_large_window_a_slot_comes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ENOUGH", 2)
    calendar = _calendar(_filled(*(n // 20 for n in range(200)), 33, 34, 70))
    assert calendar.ahead(0, 99) == ([(n // 20, n) for n in range(40)], 1)
    assert calendar.ahead(1, 99) == ([(n // 20, n) for n in range(40, 80)], 2)
    assert calendar.ahead(4, 99) == ([(n // 20, n) for n in range(160, 200)], 16)
    assert calendar.ahead(16, 99) == ([(33, 200), (34, 201), (70, 202)], 100)


def test_a_window_in_which_nothing_is_open_is_not_looked_through() -> None:
    draft = _filled(2, 40)
    draft.progress.unresolved[0] = 0
    assert _calendar(draft).ahead(0, 99) == ([(40, 1)], 100)
