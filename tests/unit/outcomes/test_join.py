from collections import deque

import pytest

from services.chassis.step import Waiting
from services.outcomes.domain.join import BrokenLog
from services.outcomes.step import OutcomesStep
from tests.entries import Shelf, entries_of
from tests.unit.outcomes.log import DAY, Log, outcomes, pipeline, run, values


def test_a_label_after_its_event_is_on_time() -> None:
    outputs, state = run(Log().event("a", 0.1, score=0.7).label("a", 1.0, 0.9))
    absent = dict.fromkeys(("beside", "decided_class", "label_class"))
    (outcome,) = values(outputs, "Outcome")
    assert outcome == absent | {
        "seq": 0,
        "event_id": "a",
        "event_time": int(0.1 * DAY),
        "status": "on_time",
        "revision": 0,
        "label": 1.0,
        "label_time": int(0.9 * DAY),
        "score": 0.7,
        "decision": True,
        "model": "m1",
        "policy": "p1",
        "feature_set": "f1",
        "numbers": b"\0\0\x80?",
        "categories": ["north"],
        "slices": {"region": "north"},
        "propensity": 1.0,
        "arm": "champion",
    }
    assert [(o.topic, o.partition, o.key) for o in outputs] == [("outcomes", 1, "p")]
    assert state.counts["on_time"] == 1


def test_a_label_before_its_event_waits_for_it() -> None:
    outputs, state = run(Log().label("a", 1.0, 0.05).event("b", 0.1).event("a", 0.2))
    assert outcomes(outputs) == [("a", "early", 0, 1.0)]
    assert values(outputs, "Outcome")[0]["label_time"] == int(0.05 * DAY)
    assert state.counts["early"] == 1
    assert not state.draft().early


def test_of_two_early_labels_the_later_counts() -> None:
    outputs, state = run(Log().label("a", 1.0, 0.05).label("a", 1.0, 0.05).label("a", 0.0, 0.06).event("a", 0.2))
    assert outcomes(outputs) == [("a", "early", 0, 0.0)]
    assert (state.counts["duplicate"], state.counts["corrected"]) == (1, 1)


def test_the_same_label_again_is_only_counted() -> None:
    outputs, state = run(Log().event("a", 0.1).label("a", 1.0, 0.9).label("a", 1.0, 0.9))
    assert outcomes(outputs) == [("a", "on_time", 0, 1.0)]
    assert state.counts["duplicate"] == 1


def test_another_label_restates_the_outcome() -> None:
    outputs, state = run(Log().event("a", 0.1).label("a", 1.0, 0.9).label("a", 0.0, 1.2).label("a", 1.0, 1.3))
    assert outcomes(outputs) == [("a", "on_time", 0, 1.0), ("a", "corrected", 1, 0.0), ("a", "corrected", 2, 1.0)]
    assert state.counts["corrected"] == 2


PRIORITY = OutcomesStep(pipeline(conflict="{last_by: known_at, sources: [court, bank]}"))


def test_where_the_first_label_counts_another_changes_nothing() -> None:
    step = OutcomesStep(pipeline(conflict="first"))
    log = Log().event("a", 0.1).label("a", 1.0, 0.9).label("a", 0.0, 1.2).label("a", 1.0, 0.9)
    log.label("b", 0.0, 1.3).label("b", 1.0, 1.4).event("b", 1.5)
    outputs, state = run(log, step)
    assert outcomes(outputs) == [("a", "on_time", 0, 1.0), ("b", "early", 0, 0.0)]
    assert (state.counts["set_aside"], state.counts["duplicate"], state.counts["corrected"]) == (2, 1, 0)


def test_the_first_label_counts_though_the_event_had_been_given_up() -> None:
    log = Log().event("a", 0.1).tick(3).label("a", 1.0, 3.0).label("a", 0.0, 3.1)
    outputs, _ = run(log, OutcomesStep(pipeline("negative", "first")))
    assert outcomes(outputs) == [("a", "missing", 0, 0.0), ("a", "late", 1, 1.0)]


def test_a_source_that_stands_earlier_in_the_list_wins_over_later_labels_of_others() -> None:
    log = Log().event("a", 0.1).label("a", 0.0, 0.5, "bank").label("a", 1.0, 0.4, "court")
    outputs, state = run(log.label("a", 0.0, 0.9, "bank").label("a", 0.0, 1.0), PRIORITY)
    assert outcomes(outputs) == [("a", "on_time", 0, 0.0), ("a", "corrected", 1, 1.0)]
    assert values(outputs, "Outcome")[1]["label_time"] == int(0.4 * DAY)
    assert (state.counts["corrected"], state.counts["set_aside"]) == (1, 2)


def test_of_one_source_the_latest_counts_whenever_it_comes() -> None:
    log = (
        Log().event("a", 0.1).label("a", 1.0, 0.9, "court").label("a", 0.0, 0.5, "court").label("a", 0.0, 0.9, "court")
    )
    outputs, state = run(log, PRIORITY)
    assert outcomes(outputs) == [("a", "on_time", 0, 1.0), ("a", "corrected", 1, 0.0)]
    assert (state.counts["set_aside"], state.counts["duplicate"]) == (1, 0)


def test_a_source_that_is_not_listed_counts_until_one_that_is_comes() -> None:
    log = (
        Log()
        .event("a", 0.1)
        .label("a", 1.0, 0.5, "rumour")
        .label("a", 0.0, 0.6, "hearsay")
        .label("a", 1.0, 0.2, "bank")
    )
    outputs, state = run(log, PRIORITY)
    assert [label for *_, label in outcomes(outputs)] == [1.0, 0.0, 1.0]
    assert (state.counts["unlisted"], state.counts["corrected"]) == (2, 2)


def test_a_source_of_more_weight_that_says_the_same_is_heard_from_then_on() -> None:
    log = Log().event("a", 0.1).label("a", 1.0, 0.5, "bank").label("a", 1.0, 0.5, "court").label("a", 0.0, 0.9, "bank")
    outputs, state = run(log, PRIORITY)
    assert outcomes(outputs) == [("a", "on_time", 0, 1.0), ("a", "corrected", 1, 1.0)]
    assert state.counts["set_aside"] == 1


def test_priority_holds_among_labels_that_come_before_their_event() -> None:
    log = (
        Log().label("a", 1.0, 0.05, "court").label("a", 0.0, 0.06, "bank").event("a", 0.2).label("a", 0.0, 0.9, "bank")
    )
    outputs, state = run(log, PRIORITY)
    assert outcomes(outputs) == [("a", "early", 0, 1.0)]
    assert state.counts["set_aside"] == 2


ACTED = OutcomesStep(pipeline("negative", acted="{when: decision, label: censored, explore: 25%}"))


def test_the_outcome_of_an_event_that_was_acted_on_has_no_label_whatever_comes() -> None:
    log = Log().label("a", 1.0, 0.05).event("a", 0.1, score=0.9).label("a", 0.0, 0.9).event("b", 0.2, score=0.9)
    outputs, state = run(log.tick(4), ACTED)
    assert outcomes(outputs) == [("a", "censored", 0, None), ("b", "censored", 0, None)]
    assert {value["label_time"] for value in values(outputs, "Outcome")} == {int(0.1 * DAY), int(0.2 * DAY)}
    assert (state.counts["censored"], state.counts["set_aside"], state.counts["missing"]) == (2, 2, 0)


def test_an_explored_event_has_its_outcome_with_the_chance_it_had() -> None:
    log = Log().event("a", 0.1, score=0.9, explore=True).event("b", 0.2, explore=True).event("c", 0.3)
    outputs, state = run(log.label("a", 1.0, 0.9).label("b", 0.0, 0.9).label("c", 1.0, 0.9), ACTED)
    assert outcomes(outputs) == [("a", "on_time", 0, 1.0), ("b", "on_time", 0, 0.0), ("c", "on_time", 0, 1.0)]
    assert [value["propensity"] for value in values(outputs, "Outcome")] == [0.25, 1.0, 1.0]
    assert state.counts["censored"] == 0


def test_each_batch_tells_what_became_of_its_labels() -> None:
    step, log = OutcomesStep(pipeline()), Log().event("a", 0.1).label("a", 1.0, 0.9).label("a", 0.0, 1.2)
    state, waiting = step.new_state(1), log.waiting()
    told = []
    while batch := step.take(state, waiting, 2):
        result = step.process(state, batch)
        state.apply(result.staged)
        told.append(dict(result.labels))
    assert told == [{}, {"on_time": 1, "corrected": 1}]


def test_an_event_without_label_is_missing_at_maturity_and_not_before() -> None:
    log = Log().event("a", 0.1).tick(2.09)
    assert outcomes(run(log)[0]) == []
    outputs, state = run(log.tick(2.1))
    assert outcomes(outputs) == [("a", "missing", 0, None)]
    assert values(outputs, "Outcome")[0]["label_time"] == int(0.1 * DAY) + 2 * DAY
    assert state.counts["missing"] == 1


def test_silence_is_negative_only_where_the_pipeline_says_so() -> None:
    outputs, _ = run(Log().event("a", 0.1).tick(2.5), OutcomesStep(pipeline("negative")))
    assert outcomes(outputs) == [("a", "missing", 0, 0.0)]


def test_events_are_given_up_in_the_order_of_their_times() -> None:
    outputs, _ = run(Log().event("a", 0.2).event("b", 0.1).event("c", 0.3).tick(2.25).tick(2.4))
    assert [event_id for event_id, *_ in outcomes(outputs)] == ["b", "a", "c"]


def test_a_label_after_its_event_was_given_up_is_late() -> None:
    outputs, state = run(Log().event("a", 0.1).tick(3).label("a", 1.0, 3.0).label("a", 0.0, 3.1))
    assert outcomes(outputs) == [("a", "missing", 0, None), ("a", "late", 1, 1.0), ("a", "corrected", 2, 0.0)]
    assert state.counts["late"] == 1


def test_a_label_whose_event_never_comes_is_an_orphan() -> None:
    outputs, state = run(Log().label("x", 1.0, 0.5).tick(2.4).tick(2.5))
    [orphan] = values(outputs, "Outcome")
    assert (orphan["seq"], orphan["event_time"], orphan["status"], orphan["label"]) == (-1, None, "orphan", 1.0)
    assert state.counts["orphan"] == 1
    assert not state.draft().early


def test_a_failed_answer_has_an_outcome_without_score() -> None:
    outputs, _ = run(Log().event("a", 0.1, score=None).label("a", 1.0, 0.9))
    [value] = values(outputs, "Outcome")
    assert (value["score"], value["decision"], value["label"]) == (None, None, 1.0)


def test_an_absent_slice_value_is_empty() -> None:
    outputs, _ = run(Log().event("a", 0.1, region=None).label("a", 1.0, 0.9))
    assert values(outputs, "Outcome")[0]["slices"] == {"region": ""}


def test_a_model_change_is_passed_over() -> None:
    outputs, _ = run(Log().activation("m2").event("a", 0.1, model="m2").label("a", 1.0, 0.9))
    assert values(outputs, "Outcome")[0]["model"] == "m2"


def test_an_answer_to_another_event_stops_with_the_position() -> None:
    log = Log().event("a", 0.1).event("b", 0.2)
    log.predictions[1] = log.predictions[1]._replace(value={**log.predictions[1].value, "event_id": "c"})
    with pytest.raises(BrokenLog, match=r"events\[1\]@1: expected the answer to event 1 \(b\) first, found .*Event"):
        run(log)


def test_a_second_answer_to_an_event_stops() -> None:
    log = Log().event("a", 0.1).event("b", 0.2)
    log.predictions.insert(1, log.predictions[0])
    with pytest.raises(BrokenLog, match=r"expected one answer to event 0, which has one, found .*Prediction"):
        run(log)


def test_a_gap_in_the_numbers_of_events_stops() -> None:
    log = Log().event("a", 0.1).event("b", 0.2).event("c", 0.3)
    del log.events[1], log.predictions[1]
    with pytest.raises(BrokenLog, match=r"events\[1\]@2: expected event 1, found"):
        run(log)


def test_an_event_that_comes_again_stops() -> None:
    log = Log().event("a", 0.1).event("b", 0.2)
    log.events.append(log.events[0])
    with pytest.raises(BrokenLog, match=r"events\[1\]@0: expected event 2, found"):
        run(log)


def test_an_event_waits_for_its_answer() -> None:
    log = Log().event("a", 0.1).label("a", 1.0, 0.9).event("b", 0.2)
    waiting = log.waiting()
    waiting["predictions"].records.clear()
    step = OutcomesStep(pipeline())
    state = step.new_state(1)
    assert step.take(state, waiting, 10) == []
    waiting["predictions"].records.append(log.predictions[0])
    assert [record.topic for record in step.take(state, waiting, 10)] == ["predictions", "events", "events"]
    assert [record.value["event_id"] for record in waiting["events"].records] == ["b"]


def shuffled(log: Log, *order: int) -> Log:
    """The log with its answers in another order, as a chain of features leaves them."""
    return Log(log.events, [log.predictions[place] for place in order], log.next_seq, log.shadows)


def days() -> Log:
    log = Log().label("c", 1.0, 0.05)
    for name, at in (("a", 0.1), ("b", 0.2), ("c", 1.1), ("d", 1.2)):
        log.event(name, at, beside=("m2", at / 2) if name != "a" else None).label(name, 0.0, at + 0.01)
    return log.tick(4)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("order", [(1, 0, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_the_order_of_the_answers_changes_nothing(order: tuple[int, ...], limit: int) -> None:
    expected, state = run(days())
    outputs, same = run(shuffled(days(), *order), limit=limit)
    assert [(o.topic, o.key, o.kind, o.value) for o in outputs] == [(o.topic, o.key, o.kind, o.value) for o in expected]
    assert entries_of(same) == entries_of(state)


@pytest.mark.parametrize("taken", range(8))
def test_the_state_depends_on_the_positions_alone(taken: int) -> None:
    """Answers 3, 1 and 2 are held when the first event is still waited for; a replay finds the same answers there."""
    log = shuffled(days(), 3, 1, 2, 0)
    step = OutcomesStep(pipeline())
    state, sides = step.new_state(1), log.waiting()
    positions = dict.fromkeys(sides, 0)
    for _ in range(taken):
        [record] = step.take(state, sides, 1)
        positions[record.topic] += 1
        state.apply(step.process(state, [record]).staged)
    again, log = step.new_state(1), shuffled(days(), 3, 1, 2, 0)
    sides = {
        "events": Waiting(deque(log.events[: positions["events"]]), True),
        "predictions": Waiting(deque(log.predictions[: positions["predictions"]]), True),
        "predictions.shadow": Waiting(deque(log.shadows[: positions["predictions.shadow"]]), True),
    }
    while batch := step.take(again, sides, 2):
        step.fold(again, batch)
    assert not any(side.records for side in sides.values())
    assert entries_of(again) == entries_of(state)
    loaded = step.load_state(1, Shelf(entries_of(state)))
    assert [seq in loaded.replied for seq in range(4)] == [seq in state.replied for seq in range(4)]
    assert [seq in loaded.shadowed for seq in range(4)] == [seq in state.shadowed for seq in range(4)]


def test_answers_are_left_on_the_log_while_events_are_still_to_come() -> None:
    waiting = Log().event("a", 0.1).waiting()
    waiting["events"] = Waiting()
    step = OutcomesStep(pipeline())
    assert step.take(step.new_state(1), waiting, 10) == []
