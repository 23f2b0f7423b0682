from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.contracts.histogram import Histogram
from services.contracts.pipeline.learning_task import BINARY, MULTICLASS
from services.contracts.profile import FieldProfile
from services.contracts.promise import NOTHING, Losses, Promise, summed
from services.contracts.tally import Tally


def profiled(scores: NDArray[np.float64], threshold: float = 0.5, name: str = "score") -> dict[str, Any]:
    field, decided = FieldProfile(name), scores[scores >= threshold]
    field.update_numbers(scores)
    return {"fields": [field.to_record()], "decided": len(decided), "promised": float(decided.sum())}


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_where_chances_are_true_what_is_expected_comes_true(threshold: float) -> None:
    rng = np.random.default_rng(7)
    scores = rng.beta(0.7, 2.0, 200_000)
    label = rng.random(len(scores)) < scores
    expected, decided = Promise.of(profiled(scores, threshold)).tally(BINARY), scores >= threshold
    true = Tally(len(label), label.sum(), (label & decided).sum(), (label != decided).sum())
    assert np.array(expected) / len(label) == pytest.approx(np.array(true) / len(label), abs=0.005)


def test_a_model_that_takes_its_guesses_for_certain_looks_better_than_it_is() -> None:
    """So nobody is ranked by it: the same order of scores, three times as sure."""
    rng = np.random.default_rng(8)
    odds = rng.normal(0.0, 1.0, 100_000)
    chance, bold = (1 / (1 + np.exp(-times * odds)) for times in (1, 3))
    wrong = (rng.random(len(odds)) < chance) != (odds >= 0)
    honest, boasting = (Promise.of(profiled(scores)).tally(BINARY) for scores in (chance, bold))
    assert honest.wrong / honest.rows == pytest.approx(wrong.mean(), abs=0.005)
    assert boasting.wrong / boasting.rows < wrong.mean() - 0.1


def test_partitions_add_up_and_failed_answers_promise_nothing() -> None:
    scores = np.array([0.25, 0.75, np.nan])
    one = Promise.of(profiled(scores))
    assert one == Promise(rows=2, scores=1.0, decided=1, promised=0.75)
    assert summed([one, one]) == Promise(4, 2.0, 2, 1.5)
    assert summed([]) == Promise.of({"fields": []}) == Promise.of(profiled(scores, name="prediction")) == NOTHING


def test_of_several_classes_the_decided_ones_chance_tells() -> None:
    assert Promise(rows=10, scores=7.5).tally(MULTICLASS) == Tally(rows=10, wrong=2.5)


MEASURED = {"reliability": [{"score": score, "mae": mae} for score, mae in ((10.0, 1.0), (20.0, 2.0), (40.0, 8.0))]}


def test_errors_of_numbers_follow_from_where_scores_lie() -> None:
    losses = Losses.of(MEASURED)
    assert losses == Losses((15.0, 30.0), (1.0, 2.0, 8.0))
    field = FieldProfile("prediction")
    field.update_numbers(np.array([-5.0, 9.0, 20.0, 1000.0, np.nan]))
    assert losses.tally(Histogram.from_record(field.to_record())) == Tally(rows=4, absolute=12.0)
    assert losses.tally(Histogram.empty()) == Tally()


def test_a_manifest_that_does_not_tell_of_errors_gives_none() -> None:
    assert Losses.of({}) is None
    assert Losses.of({"reliability": [{"bin": 3, "score": 0.3, "positive_rate": 0.2}]}) is None
