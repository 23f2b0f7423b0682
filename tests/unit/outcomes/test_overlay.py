from services.outcomes.domain.overlay import Overlay


def test_reads_fall_through_and_changes_stay_apart() -> None:
    base = {"a": 1, "b": 2}
    overlay = Overlay(base)
    overlay.update("a", 3)
    overlay.update("c", 4)
    overlay.remove("b")
    overlay.remove("never")
    assert [overlay.get(key) for key in "abcd"] == [3, None, 4, None]
    assert base == {"a": 1, "b": 2}


def test_changes_are_made_in_the_target_in_order() -> None:
    target = {"a": 1, "b": 2}
    overlay = Overlay(target)
    overlay.remove("a")
    overlay.update("c", 4)
    overlay.update("a", 5)
    overlay.update("b", 6)
    overlay.write_to(target)
    assert list(target.items()) == [("b", 6), ("c", 4), ("a", 5)]


def test_what_is_added_and_removed_leaves_no_trace() -> None:
    target: dict[str, int] = {}
    overlay = Overlay(target)
    overlay.update("a", 1)
    overlay.remove("a")
    overlay.write_to(target)
    assert target == {}
