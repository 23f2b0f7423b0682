"""What answers in a partition."""

from services.inference.domain.active import Active, Answering


def test_it_is_what_was_staged_last_and_nothing_of_it_is_kept() -> None:
    state = Active()
    assert state.answering is None
    asked = Answering("model", "policy", "v2", "another", 0.25)
    state.apply(asked)
    assert state.answering == asked
    assert state.changes() == {}
