"""A file that scores otherwise than what was learnt is refused, with numbers."""

from dataclasses import replace

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from services.contracts.pipeline.learning_task import BINARY
from services.training.adapters.onnx_export import export
from services.training.adapters.parity import parity
from services.training.domain.learner import Fitted, fit
from services.training.domain.window import Window
from tests.unit.training.fitted import SMALL, fitted, rounded_up
from tests.unit.training.rows import DAY, NUMBERS, made_rows, rare_rows, wrongly_converted


@pytest.mark.parametrize("family", BINARY.learners)
def test_every_family_passes_on_real_and_hostile_rows(family: str) -> None:
    rows, learner = made_rows(), fitted(family)
    found = parity(learner, export(learner), rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < BINARY.tolerance
    assert (found.rows, found.uneven) == (len(rows), 0)


@pytest.mark.parametrize(("family", "keep"), [*((family, None) for family in BINARY.learners), ("hist_boosting", 20)])
def test_calibrated_ones_pass_too(family: str, keep: int | None) -> None:
    rows = made_rows() if keep is None else rare_rows(3)
    learner = fit(replace(SMALL[family], calibrate=True, keep_negatives=keep), rows, 0)
    found = parity(learner, export(learner), rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < BINARY.tolerance


@pytest.mark.parametrize("family", BINARY.learners)
def test_what_learnt_from_faded_rows_scores_as_its_file(family: str) -> None:
    rows, fading = made_rows(), Window("half_life 7d", half_life=7 * DAY)
    learner = fit(replace(SMALL[family], window=fading), rows, 0)
    assert not np.array_equal(learner.scores(rows.inputs), fitted(family).scores(rows.inputs))
    assert parity(learner, export(learner), rows.inputs).problem == ""


def test_a_boosting_whose_odds_were_restored_scores_as_its_file() -> None:
    rows = rare_rows(3)
    learner = fit(replace(SMALL["hist_boosting"], keep_negatives=20), rows, 0)
    assert learner.share_of_negatives < 0.2
    found = parity(learner, export(learner), rows.inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < BINARY.tolerance


def test_an_estimator_that_converts_wrongly_without_an_error_is_refused() -> None:
    rows = made_rows()
    pipeline = wrongly_converted(list(rows.numbers), list(rows.categories))
    with threadpool_limits(limits=1):  # threads that wait for each other spin
        pipeline.fit(rows.inputs, rows.label)
    wrong = Fitted(SMALL["hist_boosting"], pipeline, rows.numbers, rows.categories)
    found = parity(wrong, export(wrong), rows.inputs)
    assert found.distance > BINARY.tolerance
    assert f"by {found.distance:.3g} on the hold-out, at most 1e-05 is allowed" in found.problem


def test_a_threshold_that_float32_rounds_up_is_refused_though_no_real_row_lies_there() -> None:
    rows = made_rows()
    planted = rounded_up(fitted("hist_boosting"))
    found = parity(planted, export(planted), rows.inputs)
    assert found.hostile_distance > BINARY.tolerance
    assert "hostile rows" in found.problem


@pytest.mark.parametrize("family", ["hist_boosting", "forest"])
@pytest.mark.parametrize("place", [0, 10])
def test_one_threshold_that_moved_by_one_float32_in_the_file_is_refused(family: str, place: int) -> None:
    learner = fitted(family)
    graph = onnx.load_model_from_string(export(learner))
    (trees,) = (node for node in graph.graph.node if "TreeEnsemble" in node.op_type)
    parts = {attribute.name: attribute for attribute in trees.attribute}
    of_numbers = [column < len(NUMBERS) for column in parts["nodes_featureids"].ints]
    nodes = zip(parts["nodes_modes"].strings, of_numbers, strict=True)
    moved = [i for i, (mode, of_number) in enumerate(nodes) if mode != b"LEAF" and of_number][place]
    values = parts["nodes_values"].floats
    values[moved] = float(np.nextafter(np.float32(values[moved]), np.float32(np.inf)))
    found = parity(learner, graph.SerializeToString(), made_rows().inputs)
    assert found.distance < BINARY.tolerance < found.hostile_distance
    assert "hostile rows" in found.problem


def test_a_time_in_seconds_is_refused_as_float32_does_not_tell_ten_of_them_apart() -> None:
    seconds = 1_700_000_000.0 + 10 * np.arange(400)
    inputs = pd.DataFrame({"at": seconds})
    pipeline = make_pipeline(ColumnTransformer([("numbers", "passthrough", ["at"])]), RandomForestClassifier(5))
    pipeline.fit(inputs, np.arange(400) % 2)
    learner = Fitted(SMALL["forest"], pipeline, ("at",), ())
    assert "ONNX differs from the learner by" in parity(learner, export(learner), inputs).problem


@pytest.mark.parametrize("value", [np.finfo(np.float32).max, np.finfo(np.float32).smallest_subnormal])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_file_that_is_wrong_at_the_edges_of_float32_only_is_refused(value: np.float32, sign: int) -> None:
    learner = fitted("logistic")
    found = parity(learner, wrong_at(export(learner), float(sign * value)), made_rows().inputs)
    assert found.distance < BINARY.tolerance < found.hostile_distance


def wrong_at(content: bytes, value: float) -> bytes:
    """The same graph, but that the probability is a half where an input has this very value."""
    model = onnx.load_model_from_string(content)
    for node in model.graph.node:
        node.output[:] = ["right" if name == "probability" else name for name in node.output]
    planted = numpy_helper.from_array(np.array([[value]], np.float32), "planted")
    half = numpy_helper.from_array(np.array([[0.5]], np.float32), "half")
    model.graph.initializer.extend([planted, half])
    model.graph.node.append(helper.make_node("Equal", [NUMBERS[0], "planted"], ["there"]))
    model.graph.node.append(helper.make_node("Where", ["there", "half", "right"], ["probability"]))
    return bytes(model.SerializeToString())


def test_another_model_s_file_is_refused() -> None:
    other = fit(SMALL["forest"], made_rows(seed=9), 0)
    assert "differs from the learner by" in parity(fitted("forest"), export(other), made_rows().inputs).problem


def test_a_single_row_is_enough() -> None:
    learner = fitted("logistic")
    one: pd.DataFrame = made_rows().inputs.iloc[[0]].reset_index(drop=True)
    assert parity(learner, export(learner), one).problem == ""
