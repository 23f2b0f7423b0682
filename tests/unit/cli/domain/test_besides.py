"""Each prediction that names another model has its record, and each record its prediction."""

import pytest

from services.cli.domain.answers import Answers, Where
from services.cli.domain.besides import Besides
from services.cli.domain.invariant import Invariants
from services.contracts.record import Record
from tests.unit.cli.domain.world import KEY, event, ledger_of, record

EVENTS = [event(number) for number in range(5)]


def of(topic: str, kind: str, number: int, key: str = KEY, **other: object) -> Record:
    value = {name: EVENTS[number].value[name] for name in ("seq", "event_id", "event_time")}
    return record(topic, kind, number, value | other, key)


def prediction(number: int, beside: str | None = None) -> Record:
    return of("predictions", "driftmill.Prediction", number, beside=beside, numbers=b"", error=None)


def shadow(number: int, model: str = "v2", key: str = KEY, **other: object) -> Record:
    return of("predictions.shadow", "driftmill.ShadowPrediction", number, key, model=model, **other)


PREDICTIONS = [prediction(0), prediction(1, "v2"), prediction(2, "v2"), prediction(3)]
SHADOWS = [shadow(1), shadow(2)]


def judged(predictions: list[Record], shadows: list[Record]) -> Invariants:
    invariants = Invariants.new()
    ledger = ledger_of(EVENTS, invariants)
    besides = Besides(ledger, invariants.paired)
    answers = Answers(ledger, ledger.due, {0: 9}, Where("predictions", 0, 1, "f"), invariants, besides)
    for one in predictions:
        answers.take(one)
    for one in shadows:
        besides.take(one)
    besides.finish()
    return invariants


def test_each_has_the_other() -> None:
    paired = judged(PREDICTIONS, SHADOWS).paired
    assert (paired.holds, paired.checked, paired.pending) == (True, 2, 0)


def test_without_a_version_in_flight_there_is_nothing_to_check() -> None:
    paired = judged([prediction(number) for number in range(4)], []).paired
    assert (paired.holds, paired.checked) == (True, 0)


def test_what_comes_after_the_last_prediction_that_was_read_is_pending() -> None:
    paired = judged(PREDICTIONS, [*SHADOWS, shadow(4)]).paired
    assert (paired.holds, paired.pending) == (True, 1)


@pytest.mark.parametrize(
    ("predictions", "shadows", "broken"),
    [
        (PREDICTIONS, SHADOWS[:1], 1),
        (PREDICTIONS, [], 2),
        (PREDICTIONS, [*SHADOWS, SHADOWS[1]], 1),
        (PREDICTIONS, [*SHADOWS, shadow(3)], 1),
        (PREDICTIONS[:1] + PREDICTIONS[3:], SHADOWS[:1], 1),
        (PREDICTIONS, [SHADOWS[0], shadow(2, "v3")], 2),
        (PREDICTIONS, [SHADOWS[0], shadow(2, key="another")], 2),
        (PREDICTIONS, [SHADOWS[0], shadow(2, event_id="stranger")], 2),
    ],
    ids=["one lost", "all lost", "again", "unnamed", "of none", "another model", "another key", "another event"],
)
def test_what_is_wrong_is_found(predictions: list[Record], shadows: list[Record], broken: int) -> None:
    found = judged(predictions, shadows)
    assert found.paired.broken == broken
    assert found.caused.broken == 0
