import numpy as np

from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.contracts.profile import MAX_NAME
from services.outcomes.domain.groups import MOST, Groups
from services.outcomes.domain.rows import ROW, Rows

NORTH, SOUTH = ("north", "a"), ("south", "a")


def none() -> Groups:
    return Groups.load(Ledger(Nothing()))


def rows(*numbers: int) -> Rows:
    found = np.zeros(len(numbers), ROW)
    found["group"] = numbers
    return found


def test_each_combination_has_the_number_that_it_got_first() -> None:
    held, ledger = none(), Ledger(Nothing())
    assert held.numbers([NORTH, SOUTH, NORTH]) == [1, 2, 1]
    copy = held.copy()
    draft = LedgerDraft(ledger)
    held.settle(draft)
    ledger.apply(draft.changed)
    for again in (copy, Groups.load(ledger)):
        assert again.numbers([("west", ""), SOUTH]) == [3, 2]
    assert held.numbers([("east", "")]) == [3]


def test_rows_are_told_by_each_value_of_each_field() -> None:
    held = none()
    held.numbers([NORTH, SOUTH, ("north", "")])
    found = {group: its.tolist() for group, its in held.within(rows(1, 2, 3, 0), ("region", "kind"))}
    assert found == {
        "region=north": [True, False, True, False],
        "region=south": [False, True, False, False],
        "kind=": [False, False, True, False],
        "kind=a": [True, True, False, False],
    }


def test_what_is_not_declared_or_too_much_is_of_no_group() -> None:
    held = none()
    assert held.numbers([(), ()]) == [0, 0]
    assert list(held.within(rows(0, 0), ())) == []
    many = [(str(number),) for number in range(MOST + 5)]
    assert held.numbers(many)[MOST - 1 :] == [MOST, *[0] * 5]
    assert held.numbers(many[:2]) == [1, 2]


def test_a_long_value_counts_as_none() -> None:
    held = none()
    assert held.numbers([("x" * (MAX_NAME + 1),), ("",)]) == [1, 1]
