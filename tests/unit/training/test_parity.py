"""A file that scores otherwise than what was learnt is refused, with numbers."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from services.training.adapters.onnx_export import export
from services.training.adapters.parity import TOLERANCE, parity
from services.training.domain.learner import FAMILIES, Fitted, fit
from tests.unit.training.fitted import SMALL, fitted
from tests.unit.training.rows import NUMBERS, made_rows, rare_rows, wrongly_converted


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_passes_on_real_and_hostile_rows(family: str) -> None:
    rows, learner = made_rows(), fitted(family)
    found = parity(learner, export(learner), rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < TOLERANCE
    assert (found.rows, found.uneven) == (len(rows), 0)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("keep", [None, 20])
def test_calibrated_ones_pass_too(family: str, keep: int | None) -> None:
    rows = made_rows() if keep is None else rare_rows(3)
    keep = keep if family == "hist_boosting" else None
    learner = fit(replace(SMALL[family], calibrate=True, keep_negatives=keep), rows, 0)
    found = parity(learner, export(learner), rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < TOLERANCE


def test_a_boosting_whose_odds_were_restored_scores_as_its_file() -> None:
    rows = rare_rows(3)
    learner = fit(replace(SMALL["hist_boosting"], keep_negatives=20), rows, 0)
    assert learner.share_of_negatives < 0.2
    found = parity(learner, export(learner), rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < TOLERANCE


def test_an_estimator_that_converts_wrongly_without_an_error_is_refused() -> None:
    rows = made_rows()
    pipeline = wrongly_converted(list(rows.numbers), list(rows.categories))
    with threadpool_limits(limits=1):  # threads that wait for each other spin
        pipeline.fit(rows.inputs, rows.label)
    wrong = Fitted(SMALL["hist_boosting"], pipeline, rows.numbers, rows.categories)
    found = parity(wrong, export(wrong), rows.inputs)
    assert found.distance > TOLERANCE
    assert f"by {found.distance:.3g} on the hold-out, at most 1e-05 is allowed" in found.problem


def test_a_threshold_that_float32_rounds_up_is_refused_though_no_real_row_lies_there() -> None:
    rows = made_rows()
    planted = replace(fitted("hist_boosting"), pipeline=deepcopy(fitted("hist_boosting").pipeline))
    for stage in planted.pipeline[-1]._predictors:
        nodes = stage[0].nodes
        inner = (nodes["is_leaf"] == 0) & (nodes["feature_idx"] < len(NUMBERS))
        up = np.nextafter(nodes["num_threshold"].astype(np.float32), np.float32(np.inf)).astype(np.float64)
        nodes["num_threshold"] = np.where(inner, np.nextafter(up, -np.inf), nodes["num_threshold"])
    found = parity(planted, export(planted), rows.inputs)
    assert found.hostile_distance > TOLERANCE
    assert "hostile rows" in found.problem


def test_another_model_s_file_is_refused() -> None:
    other = fit(SMALL["forest"], made_rows(seed=9), 0)
    assert "differs from the learner by" in parity(fitted("forest"), export(other), made_rows().inputs).problem


def test_a_single_row_is_enough() -> None:
    learner = fitted("logistic")
    one: pd.DataFrame = made_rows().inputs.iloc[[0]].reset_index(drop=True)
    assert parity(learner, export(learner), one).problem == ""
