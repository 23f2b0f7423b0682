from hypothesis import given
from hypothesis import strategies as st

from services.outcomes.domain.deadlines import DeadlineBranch, Deadlines

_ITEMS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=12)


def test_due_ones_come_in_order_and_only_once() -> None:
    base = Deadlines([(5, 1), (3, 2)])
    branch = DeadlineBranch(base)
    branch.add(4, 3)
    assert list(branch.due(4)) == [(3, 2), (4, 3)]
    assert list(branch.due(9)) == [(5, 1)]
    assert list(branch.due(9)) == []
    assert base.items == [(3, 2), (5, 1)]


@given(_ITEMS, _ITEMS, st.integers(0, 20))
def test_a_branch_applied_is_what_remains(held: list[tuple[int, int]], added: list[tuple[int, int]], now: int) -> None:
    base = Deadlines(held)
    branch = DeadlineBranch(base)
    for time, key in added:
        branch.add(time, key)
    taken = list(branch.due(now))
    base.apply(branch)
    assert taken == sorted(item for item in held + added if item[0] <= now)
    assert base.items == sorted(item for item in held + added if item[0] > now)
