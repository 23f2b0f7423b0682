from services.outcomes.step import OutcomesStep
from tests.entries import Shelf, entries_of
from tests.unit.outcomes.log import Log, many, pipeline, run


def test_a_state_is_found_again_from_what_it_told() -> None:
    step = OutcomesStep(pipeline())
    log = Log().label("x", 1.0, 0.1).event("a", 0.2).event("b", 1.3).label("a", 1.0, 1.4).event("c", 1.5)
    _, state = run(log, step)
    again = step.load_state(1, Shelf(entries_of(state)))
    for name in ("a", "b", "c", "d"):
        assert again.draft().answer_to(name) == state.draft().answer_to(name)
    assert again.draft().early.get("x") == state.draft().early.get("x")
    assert again.windows.spans == state.windows.spans
    assert again.progress == state.progress
    assert (again.models.texts, again.feature_sets.texts) == (["m1"], ["f1"])


def test_the_counters_are_there_for_metrics() -> None:
    _, state = run(Log().event("a", 0.2).label("a", 1.0, 0.3))
    assert state.counts["on_time"] == 1


def test_one_event_among_many_is_told_by_itself() -> None:
    step = OutcomesStep(pipeline())
    _, state = run(many(5_000), step)
    state.changes()
    waiting = Log().label("e7", 1.0, 0.99).waiting()
    state.apply(step.process(state, step.take(state, waiting, 10)).staged)
    changed = state.changes()
    assert len(changed) == 2
    assert sum(len(value) for value in changed.values() if value is not None) < 11_000


def test_what_was_told_is_not_in_memory() -> None:
    step = OutcomesStep(pipeline())
    shelf, waiting, most = Shelf(), many(5_000).waiting(), 0
    state = step.load_state(1, shelf)
    while batch := step.take(state, waiting, 200):
        state.apply(step.process(state, batch).staged)
        shelf.keep(state.changes())
        held = (state.ledger._untold, state.ledger._recent, state.ledger._earlier)
        most = max(
            most, sum(map(len, held)), sum(len(v) for span in state.windows.spans.values() for v in span.parts.values())
        )
    assert len(shelf.values) > 5_000
    assert most < 1_000
