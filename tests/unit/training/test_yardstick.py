"""An online learner: asked first, taught once the label is known."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from services.contracts.pipeline.learning_task import BINARY, MULTICLASS, REGRESSION, LearningTask
from services.training.domain.matured import Matured
from services.training.domain.yardstick import Sums, Yardstick

ROWS, CHANGE = 4_000, 1_500
HOUR = 3_600_000_000

Truth = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


def _chances(inputs: NDArray[np.float64], sign: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-2 * sign * inputs[:, 0]))


def stream(task: LearningTask, change: int = CHANGE, seed: int = 1, delay: int = 20) -> list[Matured]:
    """One an hour, answered by a model that knows the truth as it was at first. delay: hours until labels are known."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(3.0, 2.0, (ROWS, 2))
    inputs[:, 0] = (inputs[:, 0] - 3) / 2
    sign = np.where(np.arange(ROWS) < change, 1.0, -1.0)
    if task is BINARY:
        label = (rng.random(ROWS) < _chances(inputs, sign)).astype(float)
        loss = (_chances(inputs, np.ones(ROWS)) - label) ** 2
    elif task is MULTICLASS:
        label, first = (((which * inputs[:, 0] > 0) * 2 + (inputs[:, 0] > 1)) % 3 for which in (sign, 1.0))
        loss = (label != first).astype(float)
    else:
        label = 100 + 10 * sign * inputs[:, 0] + rng.normal(0, 1, ROWS)
        loss = np.abs(100 + 10 * inputs[:, 0] - label)
    inputs[rng.random(ROWS) < 0.1, 1] = np.nan
    rows = zip(inputs.astype(np.float32), label.tolist(), loss.tolist(), rng.integers(0, 3, ROWS).tolist(), strict=True)
    return [
        Matured(hour * HOUR, (hour + delay) * HOUR, numbers, (bucket,), label, "v1", loss, 1)
        for hour, (numbers, label, loss, bucket) in enumerate(rows)
    ]


def yardstick(task: LearningTask = BINARY) -> Yardstick:
    return Yardstick(task, ("a", "b"), ("c",))


def total(found: Sequence[dict[str, Sums]], version: str = "v1") -> Sums:
    parts = zip(*(sums[version] for sums in found if version in sums), strict=True)
    return Sums(*map(sum, parts))


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, REGRESSION], ids=lambda task: task.kind)
def test_it_loses_to_a_model_that_is_right_and_beats_it_after_the_truth_has_changed(task: LearningTask) -> None:
    outcomes, learner = stream(task), yardstick(task)
    learner.take(outcomes[:300])
    before = learner.take(outcomes[300:CHANGE])["v1"]
    learner.take(outcomes[CHANGE : CHANGE + 1_000])
    after = learner.take(outcomes[CHANGE + 1_000 :])["v1"]
    assert before.loss > before.other_loss
    assert after.loss < 0.8 * after.other_loss
    assert after.rows == ROWS - CHANGE - 1_000


def test_the_same_whatever_the_lots_in_which_they_come() -> None:
    outcomes = stream(BINARY)
    whole, parts = yardstick(), yardstick()
    (once,) = [total([whole.take(outcomes)])]
    several = total([parts.take(outcomes[start : start + 333]) for start in range(0, ROWS, 333)])
    assert several == pytest.approx(once)
    assert parts.learnt == whole.learnt


def test_a_label_teaches_nothing_before_it_is_known() -> None:
    outcomes, learner = stream(BINARY, delay=50), yardstick()
    found = learner.take(outcomes[:50])["v1"]
    assert learner.learnt == 0
    assert found.loss == pytest.approx(0.25 * 50)
    learner.take(outcomes[50:60])
    assert learner.learnt == 10


def test_a_label_that_is_known_at_once_teaches_after_its_own_event() -> None:
    outcomes, learner = stream(BINARY, delay=0), yardstick()
    assert learner.take(outcomes[:1])["v1"].loss == pytest.approx(0.25)
    assert learner.learnt == 0
    learner.take(outcomes[1:2])
    assert learner.learnt == 1


def test_one_that_comes_after_what_was_not_known_at_its_time_teaches_and_is_not_counted() -> None:
    outcomes, learner = stream(BINARY), yardstick()
    learner.take(outcomes[:100])
    late = [one._replace(event_time=one.event_time - 60 * HOUR) for one in outcomes[100:110]]
    assert learner.take(late) == {}
    learner.take(outcomes[200:210])
    assert learner.learnt == 110


def test_each_model_has_a_sum_of_what_it_answered_each_as_often_as_it_stands() -> None:
    first, second, third, failed = stream(BINARY)[:4]
    found = yardstick().take(
        [first, second._replace(version="v2", weight=3), third._replace(version=""), failed._replace(loss=np.nan)]
    )
    assert found["v1"] == pytest.approx(Sums(1, 0.25, first.loss))
    assert found["v2"] == pytest.approx(Sums(3, 0.75, 3 * second.loss))
    assert len(found) == 2


@pytest.mark.parametrize(("task", "nothing"), [(BINARY, 0.26), (REGRESSION, 10.0)], ids=["binary", "regression"])
def test_values_far_off_make_it_no_worse_than_one_that_knows_nothing(task: LearningTask, nothing: float) -> None:
    outcomes = stream(task, ROWS)
    for place in range(500, ROWS, 100):
        outcomes[place] = outcomes[place]._replace(numbers=np.array([1e30, -1e30], np.float32))
    found = yardstick(task).take(outcomes)["v1"]
    assert found.loss < nothing * ROWS


def test_a_number_that_never_varied_is_learnt_once_it_does() -> None:
    outcomes, learner = stream(BINARY, ROWS), yardstick()
    for place in range(1_000):
        outcomes[place] = outcomes[place]._replace(numbers=np.array([0.0, 1.0], np.float32))
    learner.take(outcomes[:2_000])
    found = learner.take(outcomes[2_000:])["v1"]
    assert found.loss < 1.05 * found.other_loss
