from services.outcomes.step import OutcomesStep
from tests.entries import entries_of
from tests.unit.contracts.test_ledger import Asked
from tests.unit.outcomes.log import Log, many, pipeline, run


def test_a_batch_asks_for_what_it_needs_all_at_once() -> None:
    step = OutcomesStep(pipeline())
    _, state = run(many(5_000), step)
    shelf = Asked(entries_of(state))
    again, log = step.load_state(1, shelf), Log(next_seq=5_000)
    again.apply(step.process(again, log.tick(0.5).events).staged)
    log.events.clear()
    shelf.asked.clear()
    for number in range(0, 5_000, 10):
        log.label(f"e{number}", 1.0, 0.99).event(f"n{number}", 0.99)
    waiting = log.waiting()
    result = step.process(again, step.take(again, waiting, 10_000))
    assert len(result.outputs) == 500
    assert len(shelf.asked) == 2
