from collections.abc import Sequence

from services.contracts.ledger import Ledger, LedgerDraft, Nothing, number_of, ordered
from tests.entries import Shelf


class Asked(Shelf):
    """Remembers what it was asked for."""

    def __init__(self, values: dict[bytes, bytes], room: int = 0) -> None:
        super().__init__(values, room)
        self.asked: list[list[bytes]] = []

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self.asked.append(list(keys))
        return super().get(keys)


def test_what_is_not_in_memory_is_found_by_one_look() -> None:
    shelf = Asked({b"a": b"1", b"b": b"2"})
    ledger = Ledger(shelf)
    ledger.apply({b"b": b"3", b"c": None})
    assert ledger.get([b"a", b"b", b"c", b"d"]) == [b"1", b"3", None, None]
    assert shelf.asked == [[b"a", b"d"]]


def test_what_was_told_stays_in_memory_as_far_as_there_is_room() -> None:
    shelf = Asked({}, room=4_000)
    ledger = Ledger(shelf)
    for number in range(5):
        ledger.apply({b"%d" % number: bytes(500), b"gone": None})
        shelf.keep(ledger.changes())
    assert ledger.get([b"%d" % number for number in range(5)]) == [bytes(500)] * 5
    assert shelf.asked == [[b"0", b"1"]]


def test_changes_are_told_once() -> None:
    ledger = Ledger(Nothing())
    ledger.apply({b"a": b"1"})
    assert ledger.changes() == {b"a": b"1"}
    assert ledger.changes() == {}
    assert ledger.get([b"a"]) == [b"1"]


def test_all_entries_under_a_prefix_are_as_they_were_changed_last() -> None:
    ledger = Ledger(Shelf({b"a1": b"1", b"a2": b"2", b"b": b"3"}, room=2**20))
    ledger.apply({b"a2": None, b"a3": b"4"})
    ledger.changes()
    ledger.apply({b"a1": b"5"})
    draft = LedgerDraft(ledger)
    draft.changed[b"a0"] = b"6"
    assert ledger.items(b"a") == [(b"a1", b"5"), (b"a3", b"4")]
    assert draft.items(b"a") == [(b"a0", b"6"), (b"a1", b"5"), (b"a3", b"4")]


def test_a_draft_sees_its_changes_and_the_ledger_does_not() -> None:
    shelf = Asked({b"a": b"1", b"b": b"2", b"c": b"3"})
    ledger = Ledger(shelf)
    draft = LedgerDraft(ledger)
    draft.load([b"a", b"b"])
    draft.changed[b"a"] = None
    assert [draft.get(key) for key in (b"a", b"b", b"c")] == [None, b"2", b"3"]
    assert draft.passing([b"a", b"c"]) == [None, b"3"]
    assert shelf.asked == [[b"a", b"b"], [b"c"], [b"a", b"c"]]
    assert ledger.get([b"a"]) == [b"1"]


def test_the_bytes_of_numbers_are_in_their_order() -> None:
    numbers = [-(2**70), -5, -1, 0, 1, 255, 256, 2**63, 2**70]
    packed = [ordered(number) for number in numbers]
    assert packed == sorted(packed)
    assert [number_of(key) for key in packed] == numbers
