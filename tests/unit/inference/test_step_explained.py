"""Explanations beside answers: of a share of them, by nothing that depends on the batch."""

from collections.abc import Sequence

import numpy as np
import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Result
from services.inference.domain.active import Active, Answering
from services.inference.domain.explanation import Explainer
from services.inference.domain.vectors import Vectors
from services.inference.step import InferenceStep
from tests.unit.inference.scene import PIPELINE, features
from tests.unit.inference.test_step import OTHER, Amounts, answers, other, process, told


def explaining(share: str, scorer: Amounts) -> InferenceStep:
    texts = dict(PIPELINE.texts)
    texts["pipeline.yaml"] += f"monitor: {{explain: {share}}}\n"
    return InferenceStep(Pipeline.from_texts(texts), lambda: scorer, {OTHER.feature_set: OTHER}.get)


def model(beyond: Sequence[float] = ()) -> Amounts:
    """With a background of which the mean amount is 0.5."""
    made = Amounts(beyond=beyond)
    background = Vectors(("amount", "age"), ("country",), np.array([[0.25, 1], [0.75, 2]], np.float32), [["DE"]] * 2)
    made.explainer = Explainer(made.scores, background)
    return made


def explanations(result: Result[Answering | None]) -> list[Output]:
    return [output for output in result.outputs if output.kind == "driftmill.PredictionExplained"]


def test_an_explanation_stands_beside_its_answer() -> None:
    record = features(7, 0.875)
    answer, found = explaining("100%", model()).process(Active(Answering("d1", "")), [record]).outputs
    assert answer.kind == "driftmill.Prediction"
    assert (found.topic, found.key, found.partition, found.source) == ("explanations", "customer-7", 3, record)
    assert found.value == {
        "seq": 7,
        "event_id": "e7",
        "event_time": 1_007,
        "model": "v1",
        "score": 0.875,
        "base": 0.5,
        "contributions": pytest.approx({"amount": 0.375, "age": 0.0, "country": 0.0}),
    }


def test_answers_are_what_they_were_and_a_share_of_them_is_explained() -> None:
    batch = [features(seq, 0.75) for seq in range(400)]
    result = explaining("5%", model()).process(Active(), batch)
    assert answers(result) == answers(process(batch))
    assert len(explanations(result)) == pytest.approx(20, abs=3)
    assert result.dropped == {}


def test_what_is_explained_does_not_depend_on_the_batch() -> None:
    batch, step = [features(seq, 0.5 + seq / 1000) for seq in range(100)], explaining("20%", model())
    whole = explanations(step.process(Active(Answering("d1", "")), batch))
    parts = [step.process(Active(Answering("d1", "")), batch[start : start + 7]) for start in range(0, 100, 7)]
    assert [one for part in parts for one in explanations(part)] == whole


def test_nothing_is_explained_unless_it_is_asked_for() -> None:
    scorer = model()
    result = process([features(seq) for seq in range(50)], scorer)
    assert explanations(result) == []
    assert scorer.seen == [50]


def test_a_baseline_is_not_explained() -> None:
    assert explanations(explaining("100%", Amounts("baseline", "")).process(Active(), [features(1)])) == []


def test_an_answer_that_failed_is_not_explained() -> None:
    batch = [features(1, error="no rate", numbers=b"", categories=[]), features(2, np.nan), features(3, 0.75)]
    result = explaining("100%", model()).process(Active(), batch)
    assert [output.value["seq"] for output in explanations(result) if output.value] == [3]
    assert result.dropped == {}


def test_what_can_not_be_explained_is_answered_and_counted() -> None:
    """The model can't score an amount that the background has."""
    result = explaining("100%", model(beyond=[0.25])).process(Active(), [features(1, 0.75)])
    assert told(result, "score") == [0.75]
    assert (explanations(result), result.failures, result.dropped) == ([], [], {"unexplained": 1})


def test_vectors_of_another_set_are_explained_by_the_columns_that_the_model_reads() -> None:
    scorer = Amounts(reads={name: OTHER.digests[name] for name in ("amount", "age")})
    background = Vectors(("amount", "age"), (), np.array([[0.5, 1]], np.float32), [[]])
    scorer.explainer = Explainer(scorer.scores, background)
    (found,) = explanations(explaining("100%", scorer).process(Active(Answering("d1", "")), [other(1, 0.75)]))
    assert found.value is not None
    assert found.value["contributions"] == pytest.approx({"amount": 0.25, "age": 0.0})
