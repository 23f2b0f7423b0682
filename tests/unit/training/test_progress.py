"""Steps of a run."""

import numpy as np
import pytest

from services.training.domain.evaluation import evaluate
from services.training.domain.progress import is_told
from tests.unit.training.rows import made_rows, made_task


@pytest.mark.parametrize(("trials", "told"), [(1, [1]), (4, [1, 2, 3, 4]), (20, list(range(1, 20, 2))), (1000, None)])
def test_about_ten_trials_of_a_search_are_told(trials: int, told: list[int] | None) -> None:
    found = [trial for trial in range(1, trials + 1) if is_told(trial, trials)]
    assert found == (told or list(range(1, 1000, 100)))


def test_a_run_tells_the_same_steps_each_time() -> None:
    rows, steps = made_rows(), list[str]()
    for _ in range(2):
        evaluate(rows, made_task(), np.zeros(len(rows)), None, steps.append)
    assert steps[:3] == ["trying logistic", "measuring logistic(C=0.1) on the hold-out", "fitting it again on all rows"]
    assert steps[3:] == steps[:3]
