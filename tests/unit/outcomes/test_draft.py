from services.outcomes.domain.answer import Answer
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.state import OutcomesState

POLICY = Policy(maturity=20, lateness=1, window=10)


def _answer(seq: int, time: int) -> Answer:
    return Answer(seq, f"e{seq}", "p", time, (), 0.5, True, "m1", "f1", b"", ())


def test_a_draft_shows_the_change_that_the_state_lacks_until_it_is_applied() -> None:
    state = OutcomesState.new(0, POLICY)
    draft = state.draft()
    draft.add(_answer(0, 3))
    draft.add(_answer(1, 14))
    assert draft.windows() == [0, 10]
    assert [answer.seq for answer in draft.answers_in(10)] == [1]
    assert (state.answers, state.windows) == ({}, {})
    state.apply(draft)
    assert (list(state.answers), state.windows, state.seqs) == ([0, 1], {0: [0], 10: [1]}, {"e0": 0, "e1": 1})
    assert state.progress.unresolved == {0: 1, 10: 1}


def test_a_forgotten_window_goes_with_all_in_it() -> None:
    state = OutcomesState.new(0, POLICY)
    first = state.draft()
    first.add(_answer(0, 3))
    first.add(_answer(1, 14))
    state.apply(first)
    second = state.draft()
    second.forget(0)
    assert second.windows() == [10]
    state.apply(second)
    assert (list(state.answers), state.windows, state.seqs) == ([1], {10: [1]}, {"e1": 1})


def test_profiles_have_one_partition_and_outcomes_their_own() -> None:
    draft = OutcomesState.new(3, POLICY).draft()
    draft.emit("outcomes", "p", "Outcome", {})
    draft.emit("profiles", "k", "ProfileClosed", {})
    assert [(output.topic, output.partition) for output in draft.outputs] == [("outcomes", 3), ("profiles", 0)]
