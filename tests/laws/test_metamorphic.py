"""What says nothing about the world changes no score: the order of columns and rows, the scale of what is no input."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.contracts.pipeline.learning_task import BINARY
from services.training.adapters.onnx_export import export
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.cohort import Rows
from services.training.domain.ensemble import fit
from services.training.domain.learner import Configuration
from tests.learning.test_ensemble import KINDS, ensemble
from tests.unit.training.fitted import SMALL
from tests.unit.training.rows import CATEGORIES, NUMBERS, made_rows

LEARNERS = {family: SMALL[family] for family in BINARY.learners} | {kind: ensemble(kind) for kind in KINDS}
ROWS = made_rows(days=40, a_day=30)
FRESH = made_rows(days=10, seed=7).inputs
EVERY = pytest.mark.parametrize("name", LEARNERS)


def with_unused(rows: Rows, scale: float) -> Rows:
    """Rows of which a further field is known, that is none of the inputs, at some scale."""
    noise = np.random.default_rng(3).normal(size=len(rows)).astype(np.float32) * np.float32(scale)
    wider = replace(rows, inputs=rows.inputs.assign(unused=noise), numbers=(NUMBERS[0], "unused", NUMBERS[1]))
    return wider.learnt_from((*NUMBERS, *CATEGORIES))


def file_of(configuration: Configuration, rows: Rows) -> bytes:
    return export(fit(configuration, rows, 0))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Of every learner, fitted to the rows as they are."""
    return {name: file_of(configuration, ROWS) for name, configuration in LEARNERS.items()}


@EVERY
def test_the_order_of_columns_changes_not_a_bit_of_the_file(name: str, files: dict[str, bytes]) -> None:
    turned = replace(ROWS, inputs=ROWS.inputs[[*CATEGORIES, *reversed(NUMBERS)]])
    assert file_of(LEARNERS[name], turned) == files[name]


@EVERY
def test_the_order_of_columns_changes_not_a_bit_of_a_score(name: str, files: dict[str, bytes]) -> None:
    turned = FRESH[[*CATEGORIES, *reversed(NUMBERS)]]
    scorer: Any = OnnxScorer(files[name])
    assert scorer.scores(turned).tolist() == scorer.scores(FRESH).tolist()


@EVERY
@pytest.mark.parametrize("scale", [1e-3, 1e6])
def test_a_field_that_is_no_input_changes_not_a_bit_at_whatever_scale(
    name: str, scale: float, files: dict[str, bytes]
) -> None:
    assert file_of(LEARNERS[name], with_unused(ROWS, scale)) == files[name]


@pytest.mark.parametrize("name", ["logistic", "hist_boosting"])
def test_the_declared_order_of_inputs_changes_scores_by_rounding_only(name: str, files: dict[str, bytes]) -> None:
    """A forest draws columns by their place, and a network starts from weights by theirs: these come out otherwise."""
    turned = replace(ROWS, numbers=tuple(reversed(NUMBERS)))
    found = OnnxScorer(file_of(LEARNERS[name], turned)).scores(FRESH)
    assert found == pytest.approx(OnnxScorer(files[name]).scores(FRESH), abs=1e-5)


@EVERY
def test_the_order_of_rows_to_score_changes_not_a_bit(name: str, files: dict[str, bytes]) -> None:
    scorer = OnnxScorer(files[name])
    order = np.random.default_rng(0).permutation(len(FRESH))
    assert scorer.scores(FRESH.iloc[order]).tolist() == scorer.scores(FRESH)[order].tolist()
