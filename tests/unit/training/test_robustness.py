"""What a model loses without an input is measured where nobody shuffles, but all is missing."""

import numpy as np
import pytest

from services.contracts.pipeline.learning_task import BINARY
from services.training.domain.learner import Configuration, fit
from services.training.domain.metric import value
from services.training.domain.robustness import robustness
from tests.unit.training.fitted import fitted
from tests.unit.training.rows import CATEGORIES, NUMBERS, made_rows, relabelled


@pytest.mark.parametrize("family", BINARY.learners)
def test_a_model_loses_most_without_what_the_label_depends_on(family: str) -> None:
    rows = made_rows(seed=9)
    found = robustness(fitted(family), 0.5, rows, "roc_auc")
    assert [one.input for one in found] == [*NUMBERS, *CATEGORIES]
    losses = {one.input: one.loss for one in found}
    assert losses[NUMBERS[0]] == max(losses.values(), key=lambda loss: loss or 0.0)
    assert (losses[NUMBERS[0]] or 0) > 0.2
    assert abs(losses[NUMBERS[1]] or 0) < 0.01


def test_it_is_the_measure_of_rows_without_the_input() -> None:
    rows, model = made_rows(days=20, seed=9), fitted("hist_boosting")
    before = rows.inputs.copy()
    number, _, category = robustness(model, 0.5, rows, "log_loss")
    for one, missing in ((number, np.float32(np.nan)), (category, "")):
        left = value("log_loss", rows.label, model.scores(rows.inputs.assign(**{one.input: missing})))
        assert one.value == left
        assert one.loss == left - value("log_loss", rows.label, model.scores(rows.inputs))
    assert rows.inputs.equals(before)


def test_a_measure_that_is_not_defined_is_none() -> None:
    rows = made_rows(days=5)
    alike = relabelled(rows, np.zeros(len(rows), np.int8))
    found = robustness(fitted("logistic"), 0.5, alike, "roc_auc")
    assert {(one.value, one.loss) for one in found} == {(None, None)}
    assert found[0].to_dict() == {"input": NUMBERS[0], "value": None, "loss": None}


def test_decisions_are_measured_at_the_threshold() -> None:
    rows = made_rows(days=20)
    model = fit(Configuration("logistic", (("C", 0.1),)), rows, 0)
    low, high = (robustness(model, threshold, rows, "recall")[0].value for threshold in (0.0, 1.1))
    assert (low, high) == (1.0, 0.0)
