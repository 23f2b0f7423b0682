import numpy as np
import psutil
import pytest

from services.kernel.plan import Plan, compile_plan
from services.kernel.rows import EntityRows
from tests.entries import Shelf, entries_of
from tests.unit.kernel.streams import every_feature, feature, random_log, run

PLAN = compile_plan(every_feature())
KEYS = ("anna", "bø", "日本", "", "e")


def filled(seed: int, plan: Plan = PLAN, records: int = 600) -> EntityRows:
    """Rows after a random log, in batches of 100."""
    log, state = random_log(seed, records, len(KEYS)), EntityRows(plan)
    for start in range(0, records, 100):
        part = log.part(start, start + 100)
        staged = state.gather([KEYS[slot] for slot in part.slots])
        run(plan, staged.rows, type(part)(staged.slots, part.kinds, part.times, part.events, part.labels))
        state.scatter(staged)
    return state


def put(state: EntityRows, keys: list[str], first: int) -> None:
    """Write the next whole numbers from `first` into the rows of the keys."""
    staged = state.gather(keys)
    staged.rows[:, 0] = np.arange(first, first + len(keys))
    state.scatter(staged)


def test_rows_found_by_key_are_those_of_one_batch() -> None:
    log, state = random_log(7, 600, len(KEYS)), filled(7)
    rows = PLAN.empty(len(KEYS))
    run(PLAN, rows, log)
    assert len(state) == len(KEYS)
    assert state.gather(KEYS).rows.tobytes() == rows.tobytes()


def test_a_staged_batch_changes_nothing_until_it_is_put_back() -> None:
    state = filled(1)
    before = entries_of(state)
    staged = state.gather(["anna", "new", "anna", "e"])
    assert staged.keys == ("anna", "new", "e")
    assert staged.slots.tolist() == [0, 1, 0, 2]
    staged.rows[:] = 5
    assert entries_of(state) == before
    state.scatter(staged)
    assert len(state) == len(KEYS) + 1
    assert (state.gather(["new"]).rows == 5).all()


def test_rows_are_told_and_found_again() -> None:
    state, shelf = filled(3), Shelf()
    shelf.keep(state.changes())
    assert len(shelf.values) == len(KEYS)
    loaded = EntityRows(PLAN, shelf)
    assert loaded.gather(["e", "more"]).rows.tobytes() == state.gather(["e", "more"]).rows.tobytes()
    assert len(loaded) == 0


def test_only_rows_that_changed_are_told() -> None:
    state, shelf = filled(3), Shelf()
    shelf.keep(state.changes())
    assert state.changes() == {}
    staged = state.gather(["e", "e", "more"])
    staged.rows[:] = 7
    state.scatter(staged)
    assert len(state.changes()) == 2


def test_rows_that_were_not_touched_lately_are_read_again() -> None:
    plan = compile_plan([feature("last", "amount")])
    shelf = Shelf(room=0)
    state = EntityRows(plan, shelf)
    for start in range(0, 3_000, 250):
        put(state, [f"k{number}" for number in range(start, start + 250)], start)
        shelf.keep(state.changes())
        assert len(state) <= 1_000
    put(state, ["k1"], 9_000)
    found = state.gather([f"k{number}" for number in range(3_000)])
    assert found.rows[:, 0].tolist() == [0, 9_000, *range(2, 3_000)]
    assert state.gather(["k2999"]).home.tolist() != [-1]


def test_rows_that_were_not_told_yet_stay() -> None:
    plan = compile_plan([feature("last", "amount")])
    state = EntityRows(plan, Shelf(room=0))
    put(state, [f"k{number}" for number in range(3_000)], 0)
    assert len(state) == 3_000
    assert len(state.changes()) == 3_000
    assert len(state) == 750


def test_a_batch_gathered_before_rows_were_let_go_of_is_refused() -> None:
    plan = compile_plan([feature("last", "amount")])
    state = EntityRows(plan, Shelf(room=0))
    put(state, [f"k{number}" for number in range(3_000)], 0)
    staged = state.gather(["k2999"])
    state.changes()
    with pytest.raises(ValueError, match="older than the state"):
        state.scatter(staged)


def test_an_entry_that_is_no_row_is_refused() -> None:
    shelf = Shelf().keep(filled(1).changes())
    broken = Shelf({key: value[:-8] for key, value in shelf.values.items()})
    with pytest.raises(ValueError, match="feature state: 1 rows"):
        EntityRows(PLAN, broken).gather(["e"])


def test_a_stale_batch_is_refused() -> None:
    state = filled(1)
    first, second = state.gather(["anna"]), state.gather(["anna"])
    state.scatter(first)
    with pytest.raises(ValueError, match="older than the state"):
        state.scatter(second)


def test_many_new_entities_keep_their_rows() -> None:
    plan = compile_plan([feature("last", "amount")])
    state = EntityRows(plan)
    for start in range(0, 3_000, 250):
        put(state, [f"k{number}" for number in range(start, start + 250)], start)
    found = state.gather([f"k{number}" for number in range(3_000)])
    assert found.rows[:, 0].tolist() == list(range(3_000))


def test_room_takes_no_memory_before_there_are_rows() -> None:
    state, before = EntityRows(PLAN, Shelf(room=2**28)), _resident()
    put(state, ["anna"], 1)
    assert _resident() - before < 2**24


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(psutil.Process().memory_info().rss)
