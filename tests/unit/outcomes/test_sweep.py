"""What is left when events are no longer known."""

import pytest

from services.outcomes.step import OutcomesStep
from tests.entries import Shelf, entries_of
from tests.unit.outcomes.log import Log, outcomes, pipeline, run


def _old(count: int, days: float = 0.1) -> Log:
    log = Log()
    for number in range(count):
        log.event(f"old{number}", days + number / 1e6)
    return log.tick(days + 7)


def _young(log: Log, count: int) -> Log:
    for number in range(count):
        log.event(f"young{number}", 7.2 + number / 1e6)
    return log


def _kinds(log: Log) -> dict[str, int]:
    _, state = run(log)
    keys = [key[:1].decode() for key in entries_of(state)]
    return {kind: keys.count(kind) for kind in sorted(set(keys))}


def test_events_that_come_take_out_twice_as_many() -> None:
    assert [_kinds(_young(_old(512), count))["i"] for count in (0, 1, 64)] == [512, 512 - 128 + 1, 512 - 128 + 64]
    assert [_kinds(_young(_old(512), count))["i"] for count in (65, 129)] == [512 - 256 + 65, 512 - 384 + 129]


def test_nothing_of_them_stays() -> None:
    assert _kinds(_young(_old(64), 64)) == _kinds(_young(Log(next_seq=0), 64)) | {"b": 16, "t": 4, "i": 64}


@pytest.mark.parametrize("count", [1, 3, 4, 15, 16, 17, 50])
def test_what_shares_a_page_or_a_group_with_them_stays(count: int) -> None:
    outputs, state = run(_young(_old(count), 60).label("young0", 1.0, 8.0).label("young59", 1.0, 8.0))
    assert outcomes(outputs)[-2:] == [("young0", "on_time", 0, 1.0), ("young59", "on_time", 0, 1.0)]
    assert state.progress.forgotten == []


@pytest.mark.parametrize("events", [4, 60])
def test_a_label_that_comes_too_late_waits_as_if_there_had_been_no_event(events: int) -> None:
    log = _young(_old(40), events).label("old3", 1.0, 8.0).label("old3", 1.0, 8.0)
    for number in range(60):
        log.event(f"more{number}", 8.1)
    outputs, state = run(log)
    assert state.counts["duplicate"] == 1
    assert state.draft().early.get("old3") is not None
    outputs, _ = run(log.tick(10.5))
    assert ("old3", "orphan", 0, 1.0) in outcomes(outputs)


@pytest.mark.parametrize("events", [0, 60])
def test_an_id_that_came_again_belongs_to_the_later_event(events: int) -> None:
    log = _young(_old(40), events).event("old3", 7.5)
    outputs, _ = run(_young(log, 60).label("old3", 1.0, 8.0))
    assert outcomes(outputs)[-1] == ("old3", "on_time", 0, 1.0)


def test_it_goes_on_after_a_restart() -> None:
    step, shelf = OutcomesStep(pipeline()), Shelf()
    log = _young(_old(200), 100)
    run(log, step, 7, lambda step, state: step.load_state(1, shelf.keep(state.changes())))
    assert shelf.values == entries_of(run(log)[1])
    assert sum(key.startswith(b"i") for key in shelf.values) == 100
