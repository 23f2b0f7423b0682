import pytest

from services.monitoring.domain.attribution import TOLD, of_fields, suspects


def test_a_field_counts_by_how_far_it_moved_times_what_the_model_rests_on_it() -> None:
    found = suspects({"far": 1.0, "dear": 0.2, "still": 0.0}, {"far": 0.01, "dear": 0.2, "still": 0.5})
    assert [one.name for one in found] == ["dear", "far"]
    assert [one.share for one in found] == [pytest.approx(0.8), pytest.approx(0.2)]
    assert (found[0].moved, found[0].importance) == (0.2, 0.2)


def test_fields_that_the_model_is_no_better_for_are_no_suspects() -> None:
    assert suspects({"moved": 1.0, "harmful": 1.0}, {"harmful": -0.1}) == ()


def test_without_a_model_the_one_that_moved_most_comes_first() -> None:
    found = suspects({"a": 0.1, "b": 0.3}, {})
    assert [(one.name, one.importance) for one in found] == [("b", None), ("a", None)]


def test_equal_ones_are_in_the_order_of_their_names_and_few_are_told() -> None:
    found = suspects(dict.fromkeys("gfedcba", 0.5), {})
    assert [one.name for one in found] == list("abcdefg")[:TOLD]
    assert sum(one.share for one in found) < 1.0


def test_the_importance_of_a_feature_is_that_of_the_fields_behind_it_or_its_own_where_none_is() -> None:
    ancestry = {"spend": frozenset({"amount"}), "ratio": frozenset({"amount", "limit"}), "risk": frozenset[str]()}
    found = of_fields({"amount": 0.1, "spend": 0.2, "ratio": 0.3, "risk": 0.4}, ancestry)
    assert found == {"amount": pytest.approx(0.6), "limit": pytest.approx(0.3), "risk": 0.4}
