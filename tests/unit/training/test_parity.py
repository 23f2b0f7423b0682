"""A file that scores otherwise than what was learnt is refused, with numbers."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from services.training.adapters.onnx_export import export
from services.training.adapters.parity import TOLERANCE, parity
from services.training.domain.learner import FAMILIES, Fitted, fit
from tests.unit.training.rows import NUMBERS, made_rows, wrongly_converted
from tests.unit.training.test_learner import SMALL


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_passes_on_real_and_hostile_rows(family: str) -> None:
    rows = made_rows()
    fitted = fit(SMALL[family], rows, 0)
    found = parity(fitted, export(fitted), rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < TOLERANCE
    assert (found.rows, found.uneven) == (len(rows), 0)


def test_an_estimator_that_converts_wrongly_without_an_error_is_refused() -> None:
    rows = made_rows()
    pipeline = wrongly_converted(list(rows.numbers), list(rows.categories))
    fitted = Fitted(SMALL["hist_boosting"], pipeline.fit(rows.inputs, rows.label), rows.numbers, rows.categories)
    found = parity(fitted, export(fitted), rows.inputs)
    assert found.distance > TOLERANCE
    assert f"by {found.distance:.3g} on the hold-out, at most 1e-05 is allowed" in found.problem


def test_a_threshold_that_float32_rounds_up_is_refused_though_no_real_row_lies_there() -> None:
    rows = made_rows()
    fitted = fit(SMALL["hist_boosting"], rows, 0)
    planted = replace(fitted, pipeline=deepcopy(fitted.pipeline))
    for stage in planted.pipeline[-1]._predictors:
        nodes = stage[0].nodes
        inner = (nodes["is_leaf"] == 0) & (nodes["feature_idx"] < len(NUMBERS))
        up = np.nextafter(nodes["num_threshold"].astype(np.float32), np.float32(np.inf)).astype(np.float64)
        nodes["num_threshold"] = np.where(inner, np.nextafter(up, -np.inf), nodes["num_threshold"])
    found = parity(planted, export(planted), rows.inputs)
    assert found.hostile_distance > TOLERANCE
    assert "hostile rows" in found.problem


def test_another_model_s_file_is_refused() -> None:
    rows = made_rows()
    fitted, other = fit(SMALL["forest"], rows, 0), fit(SMALL["forest"], made_rows(seed=9), 0)
    assert "differs from the learner by" in parity(fitted, export(other), rows.inputs).problem


def test_a_single_row_is_enough() -> None:
    rows = made_rows()
    fitted = fit(SMALL["logistic"], rows, 0)
    one: pd.DataFrame = rows.inputs.iloc[[0]].reset_index(drop=True)
    assert parity(fitted, export(fitted), one).problem == ""
