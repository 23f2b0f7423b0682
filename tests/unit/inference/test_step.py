"""The inference step: list in, list out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from services.contracts.pipeline import Layout
from services.contracts.record import Failure, Output, Record, Result
from services.inference.domain.active import Active, Answering
from services.inference.domain.explanation import Explainer
from services.inference.domain.exploration import Exploration
from services.inference.domain.vectors import Vectors
from services.inference.step import InferenceStep
from services.kernel.vector import pack
from tests.entries import Shelf, entries_of
from tests.unit.inference.scene import PIPELINE, features, pipeline


@dataclass
class Amounts:
    """A model of which the score is the amount, or what `odd` says; it can't score the amounts in `beyond`."""

    version: str = "v1"
    digest: str = "d1"
    policy: str = "p1"
    policy_digest: str = ""
    threshold: float | None = 0.5
    half_width: float | None = None
    classes: tuple[str, ...] = ()
    beyond: Sequence[float] = ()
    odd: Mapping[float, float] = field(default_factory=dict)
    reads: Mapping[str, str] = field(default_factory=dict)
    explainer: Explainer | None = None
    seen: list[int] = field(default_factory=list)

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        self.seen.append(len(vectors))
        amounts = vectors.columns["amount"].astype(np.float64)
        if np.isin(amounts, self.beyond).any():
            raise ValueError("beyond what was learnt")
        for amount, score in self.odd.items():
            amounts[amounts == amount] = score
        return amounts


def process(
    batch: Sequence[Record], scorer: Amounts | None = None, state: Active | None = None
) -> Result[Answering | None]:
    current = scorer or Amounts()
    return InferenceStep(PIPELINE, lambda: current).process(state or Active(), batch)


def answers(result: Result[Answering | None]) -> list[Output]:
    return [output for output in result.outputs if output.kind == "driftmill.Prediction"]


def told(result: Result[Answering | None], name: str) -> list[object]:
    return [output.value[name] for output in answers(result) if output.value is not None]


def activations(result: Result[Answering | None]) -> list[tuple[int, str, str]]:
    values = [output.value for output in result.outputs if output.kind == "driftmill.ModelActivated"]
    return [(value["from_seq"], value["model"], value["model_digest"]) for value in values if value is not None]


def why(failures: Sequence[Failure]) -> list[tuple[int, str]]:
    assert all(failure.reason == "failed" for failure in failures)
    return [(failure.record.offset, failure.detail) for failure in failures]


def test_each_vector_gets_one_answer_in_its_order() -> None:
    result = process([features(7, 0.75), features(8, 0.25), features(9, 0.5)])
    assert told(result, "seq") == [7, 8, 9]
    assert told(result, "score") == [0.75, 0.25, 0.5]
    assert result.failures == []


def test_a_score_at_the_threshold_is_decided_positive() -> None:
    batch = [features(1, 0.25), features(2, 0.5), features(3, 0.75)]
    assert told(process(batch), "label") == [False, True, True]
    assert told(process(batch, Amounts(threshold=0.75)), "label") == [False, False, True]


def test_an_answer_says_that_its_event_is_not_to_be_acted_on_and_with_what_chance() -> None:
    explored = pipeline(acted="{when: decision, label: censored, explore: 25%}")
    batch = [features(seq, 0.75) for seq in range(12)]
    result = InferenceStep(explored, Amounts).process(Active(), batch)
    assert told(result, "explore") == Exploration("shop", 4).marks(f"e{seq}" for seq in range(12))
    assert 0 < sum(map(bool, told(result, "explore"))) < 12
    assert set(told(result, "propensity")) == {0.25}
    assert set(told(result, "label")) == {True}


def test_an_answer_carries_the_key_by_which_its_label_finds_its_partition() -> None:
    batch = [features(7), features(8)]
    result = InferenceStep(pipeline(join="label_key"), Amounts).process(Active(), batch)
    assert told(result, "label_key") == ["customer-7", "customer-8"] == [one.key for one in answers(result)]


def test_a_model_that_decides_nothing_answers_with_its_score_alone() -> None:
    result = process([features(1, 0.25), features(2, 712.5), features(3, -3.0)], Amounts(threshold=None))
    assert told(result, "score") == [0.25, 712.5, -3.0]
    assert told(result, "label") == [None, None, None]


def test_an_interval_reaches_as_far_to_both_sides_of_each_score() -> None:
    result = process([features(1, 10.0), features(2, 99.0)], Amounts(threshold=None, half_width=2.5, beyond=[99.0]))
    assert (told(result, "low"), told(result, "high")) == ([7.5, None], [12.5, None])
    assert told(process([features(1, 10.0)]), "high") == [None]


def test_an_answer_carries_what_it_was_given_for() -> None:
    record = features(7, 0.75)
    (answer,) = answers(process([record]))
    assert (answer.topic, answer.key, answer.partition, answer.source) == ("predictions", "customer-7", 3, record)
    absent = dict.fromkeys(("propensity", "low", "high", "label_key", "decided_class"))
    assert answer.value == absent | {
        "seq": 7,
        "event_id": "e7",
        "event_time": 1_007,
        "status": "ok",
        "score": 0.75,
        "label": True,
        "explore": False,
        "scores": [],
        "model": "v1",
        "policy": "p1",
        "arm": "champion",
        "beside": None,
        "feature_set": PIPELINE.resolved.feature_set,
        "numbers": record.value["numbers"],
        "categories": ["DE"],
    }


def test_all_vectors_of_a_batch_are_scored_at_once() -> None:
    scorer = Amounts()
    process([features(seq) for seq in range(50)], scorer)
    assert scorer.seen == [50]


def test_another_policy_of_the_same_model_is_named_before_its_first_answer() -> None:
    state, batch = Active(), [features(0, 0.75), features(1, 0.25)]
    state.apply(process(batch, Amounts(), state).staged)
    result = process(batch, Amounts(threshold=0.9, policy="p2", policy_digest="d2"), state)
    activation, *_ = [output.value for output in result.outputs]
    asked = {"model": "v1", "model_digest": "d1", "policy": "p2", "policy_digest": "d2"}
    assert activation == asked | {"from_seq": 0, "challenger": "", "challenger_digest": "", "share": 0.0}
    assert (told(result, "policy"), told(result, "label")) == (["p2", "p2"], [False, False])
    assert told(result, "model") == ["v1", "v1"]


def test_a_model_names_itself_before_its_first_answer_and_not_again() -> None:
    state, first = Active(), Amounts()
    result = process([features(0), features(1)], first, state)
    assert result.outputs[0].kind == "driftmill.ModelActivated"
    assert activations(result) == [(0, "v1", "d1")]
    state.apply(result.staged)
    assert activations(process([features(2)], first, state)) == []
    assert activations(process([features(2)], Amounts("v2", "d2"), state)) == [(2, "v2", "d2")]


def test_the_same_file_under_another_name_is_no_other_model() -> None:
    assert activations(process([features(2)], Amounts("v1-again", "d1"), Active(Answering("d1", "")))) == []


def test_a_batch_that_was_not_committed_names_its_model_again() -> None:
    state = Active()
    assert activations(process([features(0)], state=state)) == activations(process([features(0)], state=state))
    assert state == Active()


def test_nothing_to_answer_changes_nothing_and_asks_for_no_model() -> None:
    def no_model() -> Amounts:
        raise AssertionError("no model is needed")

    step = InferenceStep(PIPELINE, no_model)
    for answering in (None, Answering("d1", "")):
        assert step.process(Active(answering), []) == Result(answering)


def test_the_baseline_names_itself_even_after_a_batch_without_vectors() -> None:
    state, baseline = Active(), Amounts("baseline", "")
    state.apply(process([], baseline, state).staged)
    assert activations(process([features(0)], baseline, state)) == [(0, "baseline", "")]


def test_a_new_process_names_its_model_again() -> None:
    step = InferenceStep(PIPELINE, Amounts)
    assert step.load_state(0, Shelf(entries_of(Active(Answering("d1", ""))))) == step.new_state(0) == Active(None)


def test_features_that_failed_are_answered_as_failed_and_no_news() -> None:
    result = process([features(1, error="no rate", numbers=b"", categories=[]), features(2, 0.75)])
    assert told(result, "status") == ["failed", "ok"]
    assert told(result, "score") == [None, 0.75]
    assert told(result, "label") == [None, True]
    assert result.failures == []


def test_features_of_another_set_are_not_scored() -> None:
    scorer = Amounts()
    result = process([features(1, feature_set="older"), features(2, 0.75)], scorer)
    assert told(result, "score") == [None, 0.75]
    assert told(result, "feature_set") == ["older", PIPELINE.resolved.feature_set]
    assert why(result.failures) == [(1, "features of set older, which was never applied")]
    assert scorer.seen == [1]


OTHER = Layout(("age", "new", "amount"), (), {**PIPELINE.resolved.layout.digests, "new": "n"})


def other(seq: int, amount: float) -> Record:
    """A vector of a set that has the same columns in other places, and a further one."""
    numbers = pack(np.array([[30.0, 7.0, amount]], np.float32))[0]
    return features(seq, feature_set=OTHER.feature_set, numbers=numbers, categories=[])


def answered_by(reads: Mapping[str, str]) -> Result[Answering | None]:
    scorer = Amounts(reads=reads)
    step = InferenceStep(PIPELINE, lambda: scorer, {OTHER.feature_set: OTHER}.get)
    return step.process(Active(), [other(1, 0.75), features(2, 0.25), other(3, 0.5)])


def test_vectors_of_another_set_are_scored_by_the_columns_that_the_model_reads() -> None:
    result = answered_by({name: OTHER.digests[name] for name in ("amount", "age")})
    assert told(result, "score") == [0.75, 0.25, 0.5]
    assert told(result, "feature_set") == [OTHER.feature_set, PIPELINE.resolved.feature_set, OTHER.feature_set]
    assert result.failures == []


@pytest.mark.parametrize(
    ("read", "lacking"),
    [({"amount": "meant otherwise"}, "amount (defined otherwise)"), ({"gone": "g"}, "gone (not there)")],
)
def test_a_column_that_is_missing_or_means_something_else_is_not_read(read: dict[str, str], lacking: str) -> None:
    result = answered_by(read)
    assert told(result, "score") == [None, 0.25, None]
    expected = f"v1 reads what set {OTHER.feature_set} doesn't have: {lacking}"
    assert why(result.failures) == [(1, expected), (3, expected)]


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"numbers": b""}, "0 numbers and 1 categories"),
        ({"numbers": b"\0" * 12}, "3 numbers and 1 categories"),
        ({"numbers": b"\0" * 7}, "1.75 numbers and 1 categories"),
        ({"categories": []}, "2 numbers and 0 categories"),
        ({"categories": ["DE", "FR"]}, "2 numbers and 2 categories"),
    ],
)
def test_a_vector_of_the_wrong_length_fails_alone(wrong: dict[str, object], found: str) -> None:
    scorer = Amounts()
    result = process([features(0, 0.25), features(1, 0.5, **wrong), features(2, 0.75)], scorer)
    assert told(result, "status") == ["ok", "failed", "ok"]
    assert told(result, "score") == [0.25, None, 0.75]
    assert why(result.failures) == [(1, f"{found}, expected 2 and 1")]
    assert scorer.seen == [2]


def test_a_batch_that_holds_nothing_to_score_still_names_the_model() -> None:
    scorer = Amounts()
    result = process([features(4, error="no rate")], scorer)
    assert activations(result) == [(4, "v1", "d1")]
    assert told(result, "model") == ["v1"]
    assert scorer.seen == []


def test_a_row_that_cannot_be_scored_fails_alone() -> None:
    batch = [features(0, 0.25), features(1, 9.0), features(2, 0.75)]
    result = process(batch, Amounts(beyond=[9.0]))
    assert told(result, "score") == [0.25, None, 0.75]
    assert told(result, "status") == ["ok", "failed", "ok"]
    assert why(result.failures) == [(1, "v1: ValueError: beyond what was learnt")]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("beyond", [(), (9.0,)], ids=["at once", "one by one"])
def test_a_score_that_is_no_number_is_no_answer(odd: float, beyond: Sequence[float]) -> None:
    batch = [features(0, 0.25), features(1, 7.0), features(2, 9.0)]
    result = process(batch, Amounts(beyond=beyond, odd={7.0: odd}))
    assert told(result, "score")[:2] == [0.25, None]
    assert told(result, "label")[:2] == [False, None]
    assert why(result.failures)[0] == (1, f"score is {odd}, expected a finite number")
    assert len(result.failures) == 1 + len(beyond)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_number_reaches_a_model_as_a_missing_one(value: float) -> None:
    found = process([features(0, value), features(1, 2.0)])
    assert why(found.failures) == [(0, "score is nan, expected a finite number")]
    assert told(found, "score") == [None, 2.0]
