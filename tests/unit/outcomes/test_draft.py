from services.contracts.ledger import Nothing
from services.outcomes.domain.answer import Answer
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.state import OutcomesState
from tests.entries import entries_of

POLICY = Policy(maturity=20, lateness=1, window=10)


def _answer(seq: int, time: int) -> Answer:
    return Answer(seq, f"e{seq}", "p", time, (), 0.5, True, "m1", "f1", b"", ())


def _state() -> OutcomesState:
    return OutcomesState(0, POLICY, Nothing())


def _seqs(draft: Draft, *windows: int) -> list[list[int]]:
    return [[seq for seqs, *_ in draft.sides_in(window) for seq in seqs.tolist()] for window in windows]


def _two(state: OutcomesState) -> Draft:
    draft = state.draft()
    for answer in (_answer(0, 3), _answer(1, 14)):
        draft.progress.last_seq = answer.seq
        draft.add(answer)
    draft.settle()
    return draft


def test_a_draft_shows_the_change_that_the_state_lacks_until_it_is_applied() -> None:
    state = _state()
    draft = _two(state)
    assert sorted(draft.windows.starts()) == [0, 10]
    assert _seqs(draft, 0, 10, 20) == [[0], [1], []]
    assert draft.answer_to("e1") == _answer(1, 14)
    assert entries_of(state) == {}
    assert _seqs(state.draft(), 0, 10) == [[], []]
    state.apply(draft)
    assert _seqs(state.draft(), 0, 10) == [[0], [1]]
    assert state.draft().answer_to("e0") == _answer(0, 3)
    assert state.progress.unresolved == {0: 1, 10: 1}


def test_a_forgotten_window_is_not_known_from_then_on() -> None:
    state = _state()
    state.apply(_two(state))
    second = state.draft()
    second.forget(0)
    second.settle()
    assert list(second.windows.starts()) == [10]
    state.apply(second)
    third = state.draft()
    assert _seqs(third, 0, 10) == [[], [1]]
    assert [third.answer_to(name) for name in ("e0", "e1")] == [None, _answer(1, 14)]


def test_an_event_that_comes_into_a_forgotten_window_is_known_alone() -> None:
    state = _state()
    state.apply(_two(state))
    second = state.draft()
    second.forget(0)
    second.add(_answer(2, 5))
    assert _seqs(second, 0) == [[2]]
    assert [second.answer_to(name) for name in ("e0", "e2")] == [None, _answer(2, 5)]


def test_profiles_have_one_partition_and_outcomes_their_own() -> None:
    draft = OutcomesState(3, POLICY, Nothing()).draft()
    draft.emit("outcomes", "p", "Outcome", {})
    draft.emit("profiles", "k", "ProfileClosed", {})
    assert [(output.topic, output.partition) for output in draft.outputs] == [("outcomes", 3), ("profiles", 0)]
