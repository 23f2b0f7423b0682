"""The join of an answer with what another model says of the same event."""

import pytest

from services.outcomes.domain.join import BrokenLog
from services.outcomes.step import OutcomesStep
from tests.entries import Shelf
from tests.unit.outcomes.log import Log, pipeline, run, values


def test_an_answer_waits_for_what_stands_beside_it() -> None:
    log = Log().event("a", 0.1, beside=("m2", 0.75)).event("b", 0.2)
    waiting = log.waiting()
    waiting["predictions.shadow"].records.clear()
    step = OutcomesStep(pipeline())
    state = step.new_state(1)
    assert step.take(state, waiting, 10) == []
    waiting["predictions.shadow"].records.append(log.shadows[0])
    taken = [(record.topic, record.value["seq"]) for record in step.take(state, waiting, 10)]
    assert taken[:3] == [("predictions.shadow", 0), ("predictions", 0), ("events", 0)]
    assert len(taken) == 5


def test_what_was_said_before_its_answer_could_be_read_is_kept() -> None:
    """A process may get to see one topic's part of a transaction before the other's."""
    log = Log().event("a", 0.1, score=0.25, beside=("m2", 0.75)).label("a", 1.0, 0.2)
    step, sides, shelf = OutcomesStep(pipeline()), log.waiting(), Shelf()
    state, late = step.new_state(1), sides["predictions"].records.copy()
    sides["predictions"].records.clear()
    state.apply(step.process(state, step.take(state, sides, 10)).staged)
    state = step.load_state(1, shelf.keep(state.changes()))
    sides["predictions"].records.extend(late)
    [outcome] = values(step.process(state, step.take(state, sides, 10)).outputs, "Outcome")
    assert (outcome["arm"], outcome["score"]) == ("champion", 0.25)
    told = {"model": "m2", "status": "ok", "score": 0.75, "decision": True, "arm": "challenger"}
    assert outcome["beside"] == told | {"decided_class": None}


def test_a_policy_beside_is_kept_with_its_model_and_the_outcome_names_the_model() -> None:
    log = Log().event("a", 0.1, 0.25, "m2", beside=("m1.p2", 0.75), arm="challenger").label("a", 1.0, 0.2)
    outputs, state = run(log)
    [outcome] = values(outputs, "Outcome")
    assert outcome["beside"]["model"] == "m1"
    assert "m1.p2" in state.models.texts


def test_an_outcome_tells_what_the_other_model_said_whenever_it_is_restated() -> None:
    log = Log().event("a", 0.1, 0.75, "m2", beside=("m1", None), arm="challenger").label("a", 1.0, 0.9)
    first, again = values(run(log.label("a", 0.0, 1.1))[0], "Outcome")
    assert (first["model"], first["arm"], again["arm"]) == ("m2", "challenger", "challenger")
    told = {"model": "m1", "status": "failed", "score": None, "decision": None, "arm": "champion"}
    assert first["beside"] == again["beside"] == told | {"decided_class": None}


def test_another_model_beside_an_answer_than_it_names_stops() -> None:
    log = Log().event("a", 0.1, beside=("m2", 0.75))
    log.shadows[0] = log.shadows[0]._replace(value={**log.shadows[0].value, "model": "m3"})
    with pytest.raises(BrokenLog, match=r"events\[1\]@0: expected what m2 says of event 0 first"):
        run(log)


def test_a_second_model_beside_an_answer_stops() -> None:
    log = Log().event("a", 0.1, beside=("m2", 0.75)).event("b", 0.2, beside=("m2", 0.75))
    log.shadows.insert(1, log.shadows[0])
    with pytest.raises(BrokenLog, match="expected nothing more beside the answer to event 0"):
        run(log)
