import numpy as np
import pytest

from services.kernel.plan import Plan, compile_plan
from services.kernel.rows import EntityRows, LayoutMismatch
from tests.unit.kernel.streams import DAY, every_feature, feature, random_log, run

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


def test_rows_found_by_key_are_those_of_one_batch() -> None:
    log, state = random_log(7, 600, len(KEYS)), filled(7)
    rows = PLAN.empty(len(KEYS))
    run(PLAN, rows, log)
    assert len(state) == len(KEYS)
    assert state.gather(KEYS).rows.tobytes() == rows.tobytes()


def test_a_staged_batch_changes_nothing_until_it_is_put_back() -> None:
    state = filled(1)
    before = state.to_bytes()
    staged = state.gather(["anna", "new", "anna", "e"])
    assert staged.keys == ("anna", "new", "e")
    assert staged.slots.tolist() == [0, 1, 0, 2]
    staged.rows[:] = 5
    assert state.to_bytes() == before
    assert "new" not in state
    state.scatter(staged)
    assert "new" in state
    assert (state.gather(["new"]).rows == 5).all()


def test_rows_survive_bytes() -> None:
    state = filled(3)
    loaded = EntityRows.from_bytes(PLAN, state.to_bytes())
    assert loaded.to_bytes() == state.to_bytes()
    staged, of_loaded = state.gather(["e", "more"]), loaded.gather(["e", "more"])
    assert staged.rows.tobytes() == of_loaded.rows.tobytes()
    loaded.scatter(of_loaded)
    assert len(loaded) == len(state) + 1
    assert EntityRows.from_bytes(PLAN, EntityRows(PLAN).to_bytes()).to_bytes() == EntityRows(PLAN).to_bytes()


def test_rows_of_another_layout_are_refused_with_what_to_do() -> None:
    other = compile_plan([feature("count", window=DAY)])
    with pytest.raises(LayoutMismatch, match="rebuild it by replaying the log"):
        EntityRows.from_bytes(other, filled(1).to_bytes())


@pytest.mark.parametrize("cut", [0, 10, 100, 300, -1])
def test_torn_bytes_are_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="feature state: "):
        EntityRows.from_bytes(PLAN, filled(1).to_bytes()[:cut])


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
        staged = state.gather([f"k{number}" for number in range(start, start + 250)])
        staged.rows[:, 0] = np.arange(start, start + 250)
        state.scatter(staged)
    found = state.gather([f"k{number}" for number in range(3_000)])
    assert found.rows[:, 0].tolist() == list(range(3_000))
