from services.contracts.skew import SkewCount, summed


def test_counts_of_a_feature_add_up() -> None:
    parts = [SkewCount("a", 5, 1, 0, 0), SkewCount("b", 5), SkewCount("a", 3, 0, 1, 1)]
    assert summed(parts) == {"a": SkewCount("a", 8, 1, 1, 1), "b": SkewCount("b", 5)}
    assert summed(parts)["a"].differing == 3


def test_a_count_survives_its_record() -> None:
    count = SkewCount("a", 8, 1, 2, 3)
    assert SkewCount.from_record(count.to_record()) == count
