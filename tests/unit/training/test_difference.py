from services.training.domain.difference import Difference, differences


def test_equal_data_has_none() -> None:
    data = {"a": [1, {"b": None}], "c": "text", "d": 0.1}
    assert list(differences(data, {"d": 0.1, "c": "text", "a": [1, {"b": None}]})) == []


def test_each_is_told_with_its_place() -> None:
    recorded = {"environment": {"numpy": "1"}, "golden": {"scores": [0.25, 0.5]}, "trials": [{"value": 1.0}], "old": 1}
    rebuilt = {"environment": {"numpy": "2"}, "golden": {"scores": [0.25, 0.75]}, "trials": [], "new": "x"}
    assert list(differences(recorded, rebuilt)) == [
        Difference("environment.numpy", "1", "2"),
        Difference("golden.scores[1]", 0.5, 0.75),
        Difference("trials", [{"value": 1.0}], []),
        Difference("old", 1, None),
        Difference("new", None, "x"),
    ]


def test_neighbouring_floats_are_not_equal() -> None:
    assert len(list(differences([0.1], [0.1 + 2**-56]))) == 1
    assert list(differences("ab", "ab")) == []
