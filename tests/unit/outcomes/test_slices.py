"""Groups by values of slice fields, and which of them are told."""

from services.outcomes.domain.slices import MOST, WHOLE, groups, told


def test_all_rows_come_first_then_each_value_of_each_field() -> None:
    found = {name: its.tolist() for name, its in groups(("area", "sex"), [("n", "f"), ("s", ""), ("n", "m")], 3)}
    assert list(found) == [WHOLE, "area=n", "area=s", "sex=", "sex=f", "sex=m"]
    assert found[WHOLE] == [True] * 3
    assert (found["area=n"], found["sex="]) == ([True, False, True], [False, True, False])


def test_without_fields_values_are_not_looked_at() -> None:
    assert [name for name, _ in groups((), [], 2)] == [WHOLE]


def test_of_many_values_those_of_most_rows_are_told() -> None:
    rows = {WHOLE: 10**6, "sex=f": 1, "area=none": 0} | {f"area={number:03}": number + 1 for number in range(MOST + 5)}
    found = list(told(rows))
    assert found == sorted(found)
    assert len(found) == MOST + 1
    assert found[0] == "area=005"
    assert found[-1] == "sex=f"
