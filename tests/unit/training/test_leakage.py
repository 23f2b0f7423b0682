"""An input that is the label in another form is found, and one that merely helps is not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.training.domain.cohort import Rows
from services.training.domain.evaluation import Evaluation, evaluate
from services.training.domain.leakage import leaks
from tests.learning.test_candidate import prior
from tests.unit.training.rows import NUMBERS, hourly_rows, made_rows, made_task, relabelled

ROWS = made_rows()
NOISE = np.random.default_rng(4).random(len(ROWS))


def planted(values: Any, is_number: bool = True) -> Rows:
    """The rows with one input more."""
    rows = replace(ROWS, inputs=ROWS.inputs.assign(planted=values))
    if is_number:
        return replace(rows, numbers=(*rows.numbers, "planted"))
    return replace(rows, categories=(*rows.categories, "planted"))


def found(rows: Rows) -> list[str]:
    early = np.arange(len(rows)) < len(rows) // 2
    return [one.input for one in leaks(rows.take(early), rows.take(~early))]


def test_inputs_that_help_are_not_suspected_however_much() -> None:
    assert found(ROWS) == []
    assert found(made_rows(strength=8.0)) == []


@pytest.mark.parametrize(
    "values",
    [
        ROWS.label + 0.1 * NOISE,
        1.0 - ROWS.label,
        np.where(ROWS.label == 1, NOISE - 0.5, np.sign(NOISE - 0.5) * (1 + NOISE)),
        np.where(ROWS.label == 1, np.nan, NOISE),
        np.where(np.arange(len(ROWS)) % 500 == 0, NOISE, ROWS.label),
    ],
    ids=["greater", "smaller", "in the middle", "missing", "nearly always"],
)
def test_a_number_that_tells_the_label_is_found_however_it_hides(values: Any) -> None:
    assert found(planted(values.astype(np.float32))) == ["planted"]


def test_a_category_that_tells_the_label_is_found() -> None:
    outcome = np.where(ROWS.label == 1, "refunded", np.where(NOISE < 0.5, "settled", "held")).astype(object)
    assert found(planted(outcome, is_number=False)) == ["planted"]


def test_what_was_never_there_and_what_is_new_tells_nothing() -> None:
    assert found(planted(np.full(len(ROWS), np.nan, np.float32))) == []
    each_its_own = np.array([f"c{number}" for number in range(len(ROWS))], object)
    assert found(planted(each_its_own, is_number=False)) == []


def test_a_run_tells_of_it() -> None:
    rows = planted(ROWS.label.astype(np.float32))
    result = evaluate(rows, made_task(), prior(rows), None)
    assert isinstance(result, Evaluation)
    assert [one.to_dict() for one in result.leakage] == [{"input": "planted", "roc_auc": 1.0}]
    plain = evaluate(ROWS, made_task(), prior(ROWS), None)
    assert isinstance(plain, Evaluation)
    assert plain.leakage == ()


HOURLY = hourly_rows().label


def in_disguise(values: Any) -> list[str]:
    rows = hourly_rows()
    return found(replace(rows, inputs=rows.inputs.assign(planted=values), numbers=(*rows.numbers, "planted")))


@pytest.mark.parametrize(
    "values",
    [3 * HOURLY - 7, np.where(HOURLY < 300, -HOURLY, HOURLY), np.round(HOURLY)],
    ids=["scaled", "folded", "rounded"],
)
def test_a_number_that_tells_a_number_is_found_however_it_hides(values: Any) -> None:
    assert in_disguise(values.astype(np.float32)) == ["planted"]


def test_a_good_forecast_is_no_leak() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1 * HOURLY.std(), len(HOURLY))
    assert in_disguise((HOURLY + noise).astype(np.float32)) == []
    assert in_disguise(np.full(len(HOURLY), np.nan, np.float32)) == []
    assert NUMBERS[0] not in found(hourly_rows())


def test_a_category_that_tells_a_number_is_found() -> None:
    rows = relabelled(hourly_rows(), np.random.default_rng(1).integers(0, 5, len(HOURLY)) * 10.0)
    texts = np.array([f"c{label:g}" for label in rows.label], object)
    planted_there = replace(rows, inputs=rows.inputs.assign(planted=texts), categories=(*rows.categories, "planted"))
    assert found(planted_there) == ["planted"]
