"""How a rule reads events, and the labels that it makes."""

from dataclasses import replace

import numpy as np

from services.validation.domain.labelling import Labelling, Verdict, Waiting
from tests.unit.validation import labelled, scene
from tests.unit.validation.labelled import FAILED
from tests.unit.validation.scene import HOUR, MINUTE, START, bought

RULE = labelled.rule()


def test_a_pipeline_without_a_rule_has_none() -> None:
    assert Labelling.of(scene.pipeline()) is None


def test_it_says_which_events_fulfil_it() -> None:
    assert RULE.fulfilled([bought(1), bought(2, amount=FAILED), bought(3)]) == [False, True, False]
    assert RULE.fulfilled([]) == []


def test_whatever_comes_may_do() -> None:
    assert labelled.rule('"true"').fulfilled([bought(1), bought(2)]) == [True, True]


def test_what_is_unknown_fulfils_nothing() -> None:
    events = [bought(1, items=None, trusted=None), bought(2, items=3, trusted=True), bought(3, trusted=False)]
    assert labelled.rule("items > 2").fulfilled(events) == [False, True, False]
    assert labelled.rule("trusted").fulfilled(events) == [False, True, False]
    assert labelled.rule("channel == 'chip' and hour(at) >= 0").fulfilled(events) == [True] * 3


def test_a_number_is_judged_as_it_comes_back_from_the_log() -> None:
    """Read from JSON it has more digits than the log keeps; a replay must find the same."""
    short = replace(labelled.rule("amount > 0.1"), short=frozenset({"amount"}))
    read, kept = bought(1, amount=0.1), bought(1, amount=float(np.float32(0.1)))
    assert short.fulfilled([read]) == short.fulfilled([kept]) == [True]
    assert short.waiting(read) == short.waiting(kept)


def test_a_label_has_what_its_event_has_and_defaults() -> None:
    event = RULE.waiting(bought(7, amount=3.0))
    assert event == Waiting("anna", START + 7 * MINUTE, "e7", ["anna", 3.0])
    made = RULE.payload(Verdict(event, True, START + HOUR))
    assert made == {"id": "e7", "who": "anna", "bad": True, "known_at": START + HOUR, "source": "", "amount": 3.0}
    assert replace(RULE, positive=False).payload(Verdict(event, True, START + HOUR))["bad"] is False
    assert RULE.payload(Verdict(event, False, START + HOUR))["bad"] is False


def test_state_of_another_rule_is_told_apart() -> None:
    plain, ruled = scene.step().digest, labelled.step().digest
    others = {labelled.step("amount > 400").digest, labelled.step(within="30m").digest}
    assert len({plain, ruled, *others}) == 4
