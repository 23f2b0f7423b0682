"""What answers in a partition."""

from services.inference.domain.active import Active


def test_it_is_what_was_staged_last_and_nothing_of_it_is_kept() -> None:
    state = Active()
    assert state.answering is None
    state.apply(("model", "policy"))
    assert state.answering == ("model", "policy")
    assert state.changes() == {}
