"""While a version is in flight both models are asked, on the same vectors, and what was asked when is told."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record, Result
from services.inference.domain.active import Active, Answering
from services.inference.domain.challenger import Absent, Challenger
from services.inference.domain.explanation import Explainer
from services.inference.domain.vectors import Vectors
from services.inference.step import InferenceStep
from tests.laws.flow import plain
from tests.unit.inference.scene import PIPELINE, features
from tests.unit.inference.test_step import OTHER, Amounts, answers, other, why

OLD = Amounts("v1", "d1", odd={9.0: np.nan})
"""It has no answer to an amount of 9."""
NEW = Amounts("v2", "d2", threshold=0.25, odd={7.0: np.nan})
"""It has none to an amount of 7."""


def step(challenger: Callable[[], Challenger | None], champion: Callable[[], Any] = lambda: OLD) -> InferenceStep:
    return InferenceStep(PIPELINE, champion, in_flight=challenger)


def process(batch: Sequence[Record], share: float = 0.0, state: Active | None = None) -> Result[Answering | None]:
    return step(lambda: Challenger(NEW, share)).process(state or Active(), batch)


def of(result: Result[Answering | None], kind: str) -> list[dict[str, Any]]:
    return [dict(one.value or {}) for one in result.outputs if one.kind == f"driftmill.{kind}"]


def shadows(result: Result[Answering | None]) -> list[dict[str, Any]]:
    return of(result, "ShadowPrediction")


def test_a_shadow_stands_beside_each_answer_under_its_key_in_its_partition() -> None:
    record = features(7, 0.375)
    activation, answer, shadow = process([record]).outputs
    assert activation.kind == "driftmill.ModelActivated"
    assert (answer.value or {})["beside"] == "v2"
    assert shadow == Output("predictions.shadow", "customer-7", "driftmill.ShadowPrediction", shadow.value, 3, record)
    assert shadow.value == {
        "seq": 7,
        "event_id": "e7",
        "event_time": 1_007,
        "status": "ok",
        "score": 0.375,
        "label": True,
        "model": "v2",
        "policy": "p1",
        "low": None,
        "high": None,
        "arm": "challenger",
        "decided_class": None,
        "scores": [],
    }


def test_both_are_asked_once_a_batch_about_the_same_vectors() -> None:
    old, new = Amounts("v1", "d1"), Amounts("v2", "d2")
    batch = [features(seq) for seq in range(50)]
    step(lambda: Challenger(new, 0.5), lambda: old).process(Active(), batch)
    assert (old.seen, new.seen) == ([50], [50])


def test_without_a_share_answers_are_those_of_the_champion() -> None:
    batch = [features(seq, seq / 50) for seq in range(50)]
    alone = [dict(one.value or {}) for one in answers(step(lambda: None).process(Active(), batch))]
    assert of(process(batch), "Prediction") == [one | {"beside": "v2"} for one in alone]


def test_entities_of_its_share_are_answered_by_the_challenger() -> None:
    batch = [features(seq, 0.375) for seq in range(400)]
    arms = Challenger(NEW, 0.25).arms([record.key for record in batch]).tolist()
    result = process(batch, 0.25)
    assert [(one["model"], one["arm"], one["label"]) for one in of(result, "Prediction")] == [
        ("v2", "challenger", True) if arm else ("v1", "champion", False) for arm in arms
    ]
    assert [(one["model"], one["arm"]) for one in shadows(result)] == [
        ("v1", "champion") if arm else ("v2", "challenger") for arm in arms
    ]
    assert 60 < sum(arms) < 140


def test_where_the_challenger_has_no_answer_the_champion_goes_on_and_nothing_is_lost() -> None:
    result = process([features(0, 0.5), features(1, 7.0), features(2, 9.0)], share=1.0)
    assert [(one["model"], one["score"]) for one in of(result, "Prediction")] == [
        ("v2", 0.5),
        ("v1", 7.0),
        ("v2", 9.0),
    ]
    assert [(one["arm"], one["status"]) for one in shadows(result)] == [
        ("champion", "ok"),
        ("challenger", "failed"),
        ("champion", "failed"),
    ]
    assert result.failures == []


def test_where_the_champion_has_no_answer_a_shadow_does_not_stand_in() -> None:
    result = process([features(0, 9.0)])
    assert [one["status"] for one in of(result, "Prediction")] == ["failed"]
    assert why(result.failures) == [(0, "score is nan, expected a finite number")]
    assert [one["score"] for one in shadows(result)] == [9.0]


def test_what_neither_can_answer_has_no_pair() -> None:
    result = process([features(0, 0.5), features(1, error="no rate", numbers=b"", categories=[])])
    assert [one["beside"] for one in of(result, "Prediction")] == ["v2", None]
    assert [one["seq"] for one in shadows(result)] == [0]


def test_a_challenger_that_lacks_its_features_fails_and_the_champion_does_not() -> None:
    layouts = {other(0, 1.0).value["feature_set"]: OTHER}
    reads = {"age": PIPELINE.resolved.layout.digests["age"], "gone": "g"}
    made = InferenceStep(PIPELINE, lambda: OLD, layouts.get, lambda: Challenger(Amounts("v2", reads=reads), 1.0))
    result = made.process(Active(), [other(1, 0.75), other(2, 0.25)])
    assert [one["score"] for one in of(result, "Prediction")] == [0.75, 0.25]
    assert [one["status"] for one in shadows(result)] == ["failed", "failed"]
    assert result.failures == []


def test_one_that_is_absent_answers_nothing_and_is_told_of() -> None:
    made = step(lambda: Challenger(Absent("v3"), 0.0))
    result = made.process(Active(), [features(0, 0.5)])
    assert told(result) == [(0, "v1", "v3", "", 0.0)]
    assert [(one["model"], one["status"], one["score"]) for one in shadows(result)] == [("v3", "failed", None)]


def test_the_champion_is_not_compared_with_itself() -> None:
    made = step(lambda: Challenger(OLD, 0.5))
    alone = step(lambda: None)
    batch = [features(seq, 0.5) for seq in range(9)]
    assert plain(list(made.process(Active(), batch).outputs)) == plain(list(alone.process(Active(), batch).outputs))


def told(result: Result[Answering | None]) -> list[tuple[int, str, str, str, float]]:
    names = ("from_seq", "model", "challenger", "challenger_digest", "share")
    return [tuple(one[name] for name in names) for one in of(result, "ModelActivated")]


def test_another_challenger_or_share_is_told_before_the_first_answer() -> None:
    state, flight = Active(), list[Challenger | None]([None])
    made, found = step(lambda: flight[0]), []
    for seq, now in enumerate([None, Challenger(NEW, 0.0), Challenger(NEW, 0.0), Challenger(NEW, 0.5), None]):
        flight[0] = now
        result = made.process(state, [features(seq, 0.5)])
        found += told(result)
        state.apply(result.staged)
    assert found == [
        (0, "v1", "", "", 0.0),
        (1, "v1", "v2", "d2", 0.0),
        (3, "v1", "v2", "d2", 0.5),
        (4, "v1", "", "", 0.0),
    ]


def test_an_explanation_is_of_the_model_that_answered() -> None:
    texts = dict(PIPELINE.texts)
    texts["pipeline.yaml"] += "monitor: {explain: 100%}\n"
    old, new = Amounts("v1", "d1"), Amounts("v2", "d2")
    for made in (old, new):
        made.explainer = Explainer(
            made.scores, Vectors(("amount", "age"), ("country",), np.ones((2, 2), np.float32), [["DE"]] * 2)
        )
    explaining = InferenceStep(Pipeline.from_texts(texts), lambda: old, in_flight=lambda: Challenger(new, 0.5))
    result = explaining.process(Active(), [features(seq, 0.5) for seq in range(40)])
    assert [one["model"] for one in of(result, "PredictionExplained")] == [
        one["model"] for one in of(result, "Prediction")
    ]
    assert [one.kind.removeprefix("driftmill.") for one in result.outputs[1:4]] == [
        "Prediction",
        "ShadowPrediction",
        "PredictionExplained",
    ]


def answered(
    batches: Sequence[Sequence[Record]], asked: Callable[[int], tuple[Any, Challenger | None]]
) -> list[Output]:
    """All that is written where `asked` says what is asked from a number on."""
    state, outputs, now = Active(), list[Output](), [asked(0)]
    made = step(lambda: now[0][1], lambda: now[0][0])
    for batch in batches:
        now[0] = asked(batch[0].value["seq"])
        result = made.process(state, batch)
        outputs += result.outputs
        state.apply(result.staged)
    return outputs


def test_a_replay_that_follows_the_activations_writes_the_same_bytes_whatever_its_batches() -> None:
    """A challenger comes, is given a share, can't be loaded for a while, and becomes champion."""
    log = [features(seq, seq % 10 * 1.0) for seq in range(240)]
    models = {"d1": OLD, "d2": NEW}
    flights = [(0, OLD, None), (40, OLD, Challenger(NEW, 0.0)), (90, OLD, Challenger(NEW, 0.25))]
    flights += [(130, OLD, Challenger(Absent("v2"), 0.0)), (160, OLD, Challenger(NEW, 1.0)), (200, NEW, None)]
    first = answered(list(in_batches(log, 10)), lambda seq: next(one[1:] for one in reversed(flights) if one[0] <= seq))
    facts = [dict(one.value or {}) for one in first if one.kind == "driftmill.ModelActivated"]
    assert [fact["from_seq"] for fact in facts] == [one[0] for one in flights]

    def recorded(seq: int) -> tuple[Any, Challenger | None]:
        fact = next(one for one in reversed(facts) if one["from_seq"] <= seq)
        scorer = models.get(fact["challenger_digest"], Absent(fact["challenger"]))
        return models[fact["model_digest"]], Challenger(scorer, fact["share"]) if fact["challenger"] else None

    cuts = [0, *(fact["from_seq"] for fact in facts[1:]), len(log)]
    stretches = [log[start:end] for start, end in pairwise(cuts)]
    for size in (1, 7, 1000):
        batches = [batch for stretch in stretches for batch in in_batches(stretch, size)]
        assert plain(answered(batches, recorded)) == plain(first)


def in_batches(log: Sequence[Record], size: int) -> Iterator[Sequence[Record]]:
    yield from (log[start : start + size] for start in range(0, len(log), size))
