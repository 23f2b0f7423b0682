from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from services.outcomes.domain.deadlines import Deadlines, DeadlinesDraft
from services.outcomes.domain.policy import Policy

POLICY = Policy(maturity=20, lateness=1, window=64)
"""Slots of four."""
_ITEMS = st.lists(st.tuples(st.integers(-20, 40), st.integers(0, 9)), max_size=12)


@dataclass
class Shelf:
    """Everything that is due, and what of it was asked for."""

    items: list[tuple[int, int]] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    loaded: list[int] = field(default_factory=list)

    def ahead(self, first: int, last: int) -> tuple[list[tuple[int, int]], int]:
        """One slot at a time."""
        slots = [slot for time, _ in self.items if first <= (slot := POLICY.slot_of(time)) <= last]
        slot = min(slots, default=last)
        self.asked.append((slot, last))
        return sorted(item for item in self.items if POLICY.slot_of(item[0]) == slot and slots), slot + 1

    def load(self, keys: Sequence[int]) -> None:
        self.loaded += keys


def test_due_ones_come_in_order_and_only_once() -> None:
    shelf = Shelf([(5, 1), (3, 2), (9, 4)])
    base: Deadlines[int] = Deadlines()
    draft = DeadlinesDraft(base, POLICY, shelf)
    assert list(draft.due(4)) == [(3, 2)]
    draft.add(6, 3)
    draft.add(100, 9)
    assert list(draft.due(7)) == [(5, 1), (6, 3)]
    assert list(draft.due(7)) == []
    assert (base.items, draft.soonest) == ([], 8)
    assert list(draft.due(9)) == [(9, 4)]


def test_as_much_is_in_memory_as_lies_in_a_slot() -> None:
    shelf = Shelf([(time, time) for time in range(40)])
    base: Deadlines[int] = Deadlines()
    draft = DeadlinesDraft(base, POLICY, shelf)
    assert list(draft.due(5)) == [(time, time) for time in range(6)]
    assert shelf.asked == [(0, 6), (1, 6)]
    base.apply(draft)
    assert (base.items, base.horizon) == ([(6, 6), (7, 7)], 2)


def test_what_comes_next_is_loaded_more_each_time() -> None:
    shelf = Shelf([(0, key) for key in range(100)])
    due = DeadlinesDraft(Deadlines(), POLICY, shelf).due(0)
    next(due)
    assert shelf.loaded == list(range(16))
    assert len(list(due)) == 99
    assert shelf.loaded == list(range(100))


@given(_ITEMS, st.lists(st.tuples(_ITEMS, st.integers(-20, 45)), max_size=6), st.booleans())
def test_all_that_is_due_comes_whatever_the_batches(
    held: list[tuple[int, int]], steps: list[tuple[list[tuple[int, int]], int]], forgets: bool
) -> None:
    base: Deadlines[int] = Deadlines()
    shelf, now, taken = Shelf(list(held)), -30, []
    for added, later in steps:
        now = max(now, later)
        draft = DeadlinesDraft(base, POLICY, shelf)
        shelf.items += added
        for time, key in added:
            draft.add(time, key)
        expected = sorted(item for item in shelf.items if item[0] <= now)
        assert list(draft.due(now)) == expected
        taken += expected
        shelf.items = [item for item in shelf.items if item[0] > now]
        base.apply(draft)
        base = Deadlines() if forgets else base
    assert sorted(shelf.items + taken) == sorted([*held, *(item for added, _ in steps for item in added)])
