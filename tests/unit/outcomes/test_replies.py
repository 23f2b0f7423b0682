from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.outcomes.domain.replies import ANSWERS, SHADOWS, Replied, Replies, Reply
from tests.entries import Shelf


def reply_to(seq: int) -> Reply:
    """A prediction as it is read."""
    kept: dict[str, Any] = {"event_id": f"e{seq}", "score": None, "label": None, "model": "m", "feature_set": "f"}
    kept |= {"explore": True, "propensity": 0.01, "arm": "champion", "beside": None}
    return kept | {"numbers": b"\0", "categories": ["x"], "seq": seq, "status": "failed"}


def test_a_reply_waits_until_its_event_takes_it() -> None:
    ledger, replied = Ledger(Nothing()), Replied()
    first = Replies(LedgerDraft(ledger), replied, ANSWERS)
    first.add(5, reply_to(5))
    first.add(6, reply_to(6))
    assert 5 in first
    assert first.take(5) == reply_to(5)
    assert (5 in first, 6 in first, 6 in replied) == (False, True, False)
    first.settle()
    ledger.apply(first._book.changed)
    replied.apply(first)

    second = Replies(LedgerDraft(ledger), replied, ANSWERS)
    second.load([5, 6, 7])
    assert [seq in second for seq in (5, 6, 7)] == [False, True, False]
    kept = second.take(6)
    assert kept is not None
    assert kept == {name: reply_to(6)[name] for name in kept}
    assert kept.keys() == set(ANSWERS.kept)
    assert second.take(6) is None
    assert 6 in replied
    second.settle()
    ledger.apply(second._book.changed)
    replied.apply(second)
    assert not replied
    assert set(ledger.changes().values()) == {None}


@given(st.lists(st.integers(0, 5_000)), st.lists(st.integers(0, 5_000)))
def test_a_bit_is_kept_for_each_event(added: list[int], removed: list[int]) -> None:
    replied, expected = Replied(added), set(added)
    for seq in set(removed) & expected:
        replied.remove(seq)
        expected.remove(seq)
    assert {seq for seq in range(5_001) if seq in replied} == expected
    assert bool(replied) == bool(expected)


def test_those_that_wait_are_found_again() -> None:
    ledger = Ledger(Shelf())
    replies = Replies(LedgerDraft(ledger), Replied(), ANSWERS)
    for seq in (3, 1024, 10**12):
        replies.add(seq, reply_to(seq))
    replies.settle()
    ledger.apply(replies._book.changed)
    assert [seq in Replied.load(ledger, ANSWERS) for seq in (3, 4, 1024, 10**12)] == [True, False, True, True]
    assert not Replied.load(ledger, SHADOWS)
