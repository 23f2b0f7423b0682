from hypothesis import given
from hypothesis import strategies as st

from services.validation.domain.memory import Additions, Memory
from tests.entries import Shelf

LATENESS = 100_000_000


def test_a_key_counts_until_the_watermark_is_past_it_by_the_lateness() -> None:
    memory = Memory(LATENESS, {"a": 500})
    assert memory.has("a", None)
    assert memory.has("a", 500 + LATENESS)
    assert not memory.has("a", 501 + LATENESS)
    assert not memory.has("b", None)


def test_forgets_what_no_longer_counts() -> None:
    memory = Memory(LATENESS, {"old": 0, "new": 10 * LATENESS})
    memory.forget(None)
    assert len(memory) == 2
    memory.forget(10 * LATENESS)
    assert list(memory) == ["new"]


def test_one_time_far_ahead_does_not_keep_the_others() -> None:
    memory = Memory(LATENESS, {"ahead": 10**15} | {str(number): number for number in range(100)})
    memory.forget(10 * LATENESS)
    assert list(memory) == ["ahead"]


def test_a_key_that_comes_again_takes_the_new_time() -> None:
    memory = Memory(LATENESS, {"a": 0})
    memory.add([("a", 10 * LATENESS)])
    memory.forget(5 * LATENESS)
    assert memory.has("a", 5 * LATENESS)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 20)), max_size=20), st.integers(0, 20))
def test_what_is_left_does_not_depend_on_how_often_it_forgets(items: list[tuple[str, int]], cut: int) -> None:
    scaled = [(key, time * LATENESS // 2) for key, time in items]
    often, once = Memory[str](LATENESS), Memory[str](LATENESS)
    watermark = 0
    for item in scaled:
        watermark = max(watermark, item[1])
        often.add([item])
        often.forget(watermark)
    once.add(scaled)
    once.forget(watermark)
    assert sorted(often) == sorted(once)
    assert Shelf().keep(often.changes(b"m")).values == Shelf().keep(once.changes(b"m")).values


def test_additions_leave_the_memory_as_it_is() -> None:
    memory = Memory(LATENESS, {"a": 0})
    additions = Additions(memory)
    additions.add("b", 5)
    additions.add("a", 10 * LATENESS)
    assert additions.has("b", None)
    assert additions.has("a", 9 * LATENESS)
    assert not additions.has("b", 9 * LATENESS)
    assert list(memory) == ["a"]
    assert not memory.has("a", 2 * LATENESS)
