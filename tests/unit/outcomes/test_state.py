from services.outcomes.domain.state import OutcomesState
from services.outcomes.step import OutcomesStep
from tests.entries import Shelf, entries_of
from tests.unit.outcomes.log import Log, pipeline, run


def test_a_state_is_found_again_from_what_it_told() -> None:
    step = OutcomesStep(pipeline())
    log = Log().label("x", 1.0, 0.1).event("a", 0.2).event("b", 1.3).label("a", 1.0, 1.4).event("c", 1.5)
    _, state = run(log, step)
    again = step.load_state(1, Shelf(entries_of(state)))
    assert (again.answers, again.seqs, again.early) == (state.answers, state.seqs, state.early)
    assert again.windows == state.windows
    assert again.progress == state.progress
    assert again.maturing.items == [item for item in state.maturing.items if item[1] != 0]
    assert again.orphaning.items == state.orphaning.items


def test_the_counters_are_there_for_metrics() -> None:
    _, state = run(Log().event("a", 0.2).label("a", 1.0, 0.3))
    assert state.counts["on_time"] == 1


def test_one_event_among_ten_thousand_is_told_by_itself() -> None:
    step = OutcomesStep(pipeline())
    _, state = run(Log().event("a", 0.2), step)
    [answer] = state.answers.values()
    many = [answer._replace(seq=seq, event_id=f"event-{seq}", numbers=bytes(80)) for seq in range(10_000)]
    full = OutcomesState(1, step.policy, state.progress, many, {}, {})
    draft = full.draft()
    draft.answers.update(7, many[7].restated("on_time", 1.0, 5))
    full.apply(draft)
    assert len(full.changes()) == 2
