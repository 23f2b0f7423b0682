"""One answer to each event, of its own features, in its place."""

import pytest

from services.cli.domain.answers import Answers, Where
from services.cli.domain.invariant import Invariants
from services.cli.domain.recompute import fingerprint
from services.contracts.record import Record
from tests.unit.cli.domain.world import KEY, event, ledger_of, record

EVENTS = [event(number) for number in range(4)]


def vector(number: int, offset: int | None = None, key: str = KEY, **other: object) -> Record:
    value = {name: EVENTS[number].value[name] for name in ("seq", "event_id", "event_time")}
    value |= {"feature_set": "f", "numbers": bytes([number]), "categories": ["a"], "error": None, **other}
    return record("features", "driftmill.FeatureVector", number if offset is None else offset, value, key)


HEALTHY = [vector(number) for number in range(4)]


def judged(answers: list[Record], worked: int = 1_000, partitions: int = 1) -> tuple[Invariants, Answers]:
    invariants = Invariants.new()
    ledger = ledger_of(EVENTS, invariants, worked)
    ledger.vectors.extend(fingerprint(bytes([number]), ["a"]) for number in range(4))
    made = Answers(ledger, ledger.due, {0: 2}, Where("features", 0, partitions, "f"), invariants)
    for one in answers:
        made.take(one)
    made.finish()
    return invariants, made


def test_healthy_answers() -> None:
    invariants, made = judged(HEALTHY)
    assert all(one.holds and not one.pending for one in invariants.all())
    assert list(made.due_next) == [1, 1, 0, 0]


def test_an_event_whose_features_have_failed_is_answered_without_any() -> None:
    failed = vector(2, numbers=b"", categories=[], error="image: the object store holds no bytes")
    before, made = judged([*HEALTHY[:2], failed, HEALTHY[3]])
    assert before.recomputed.holds
    for numbers, holds in ((b"", True), (b"x", False)):
        answers = Answers(made._ledger, made.due_next, {0: 2}, Where("predictions", 0, 1, "f"), before)
        answers.take(vector(2, numbers=numbers, categories=[], error=None))
        assert before.recomputed.holds == holds


def test_answers_that_are_not_due_are_pending() -> None:
    invariants, _ = judged(HEALTHY[:2], worked=2)
    assert (invariants.answered.holds, invariants.answered.pending) == (True, 2)


@pytest.mark.parametrize(
    ("answers", "broken"),
    [
        (HEALTHY[:3], "answered"),
        ([*HEALTHY, vector(1, 9)], "answered"),
        ([HEALTHY[0], HEALTHY[2], HEALTHY[1], HEALTHY[3]], "ordered"),
        ([*HEALTHY[:3], vector(3, numbers=b"x")], "recomputed"),
        ([*HEALTHY[:3], vector(3, categories=["b"])], "recomputed"),
        ([*HEALTHY, vector(3, 9, seq=17)], "caused"),
        ([*HEALTHY, vector(3, 9, event_id="stranger")], "caused"),
        ([*HEALTHY, vector(3, 9, key="another")], "caused"),
    ],
    ids=["lost", "again", "out of order", "numbers", "categories", "no such number", "another id", "another key"],
)
def test_what_is_wrong_is_found_once(answers: list[Record], broken: str) -> None:
    invariants, _ = judged(answers)
    assert {one.name: one.broken for one in invariants.all() if one.broken} == {broken: 1}


def test_a_partition_that_is_not_the_keys_is_found() -> None:
    invariants, _ = judged(HEALTHY, partitions=3)
    assert invariants.ordered.broken == 4


def test_vectors_of_another_feature_set_are_not_compared() -> None:
    invariants, _ = judged([*HEALTHY[:3], vector(3, feature_set="old", numbers=b"x")])
    assert (invariants.recomputed.holds, invariants.recomputed.checked) == (True, 3)
