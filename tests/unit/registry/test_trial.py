"""A file reads the inputs of its contract, and answers with the probability alone."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from services.registry.adapters.trial import tried
from services.training.adapters.onnx_export import export
from services.training.domain.learner import Configuration, fit
from tests.unit.registry.files import column, model, node, plain, question, tensor
from tests.unit.training.rows import CATEGORIES, NUMBERS, hourly_rows


def renamed() -> onnx.ModelProto:
    return model(node("Identity", ["other"], ["b"]), inputs=[column("other")])


def further() -> onnx.ModelProto:
    return model(node("Identity", ["a"], ["b"]), inputs=[column("a"), column("z")])


def of_text() -> onnx.ModelProto:
    given = [column("a", TensorProto.STRING)]
    return model(node("Cast", ["a"], ["b"], to=TensorProto.FLOAT), inputs=given)


def of_doubles() -> onnx.ModelProto:
    given = [column("a", TensorProto.DOUBLE)]
    return model(node("Cast", ["a"], ["b"], to=TensorProto.FLOAT), inputs=given)


def wide() -> onnx.ModelProto:
    return model(node("ReduceMax", ["a"], ["b"], axes=[1]), inputs=[column("a", width=3)])


@pytest.mark.parametrize("made", [renamed, further, of_text, of_doubles, wide])
def test_inputs_that_are_not_those_of_the_contract_are_refused(
    made: Callable[[], onnx.ModelProto],
) -> None:
    found = tried(made().SerializeToString(), question())
    assert found["problem"].startswith("the graph's inputs aren't those of the manifest: ")


def other_name() -> onnx.ModelProto:
    made = plain()
    made.graph.node[-1].output[0] = made.graph.output[0].name = "answer"
    return made


def further_output() -> onnx.ModelProto:
    made = plain()
    made.graph.output.append(column("b"))
    return made


def narrow() -> onnx.ModelProto:
    made = plain()
    del made.graph.node[-1].input[1:]
    made.graph.output[0].CopyFrom(column("probability"))
    return made


@pytest.mark.parametrize("made", [other_name, further_output, narrow])
def test_outputs_that_are_not_those_of_the_contract_are_refused(
    made: Callable[[], onnx.ModelProto],
) -> None:
    found = tried(made().SerializeToString(), question())
    assert found["problem"].startswith("the graph's outputs aren't those of the manifest: ")


def test_a_number_of_rows_that_the_file_fixes_is_refused() -> None:
    made = plain()
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4
    found = tried(made.SerializeToString(), question())
    assert found["problem"].startswith("the graph's inputs aren't those of the manifest: a: tensor(float) [4, 1]")


def test_a_file_that_onnx_runtime_does_not_take_is_refused_in_short() -> None:
    unknown = tried(model(node("Nothing", ["a"], ["b"])).SerializeToString(), question())["problem"]
    assert unknown.startswith("ONNX Runtime can't load the file: ")
    assert len(unknown) < 400
    odd = model(
        node("Shape", ["a"], ["shape"]),
        node("Add", ["shape", "one"], ["more"]),
        node("Reshape", ["a", "more"], ["c"]),
        node("ReduceMax", ["c"], ["b"], axes=[1]),
        initializers=[tensor("one", np.array([1, 0]))],
    )
    found = tried(odd.SerializeToString(), question())["problem"]
    assert found.startswith("ONNX Runtime can't score the rows: ")


def test_text_inputs_are_columns_too() -> None:
    made = model(
        node("Equal", ["t", "it"], ["same"]),
        node("Cast", ["same"], ["b"], to=TensorProto.FLOAT),
        inputs=[column("t", TensorProto.STRING)],
        initializers=[tensor("it", np.array(["yes"], object))],
    )
    made.opset_import[0].version = 19
    asked = question(numbers=[], categories=["t"], number_rows=[[], []], category_rows=[["yes"], ["no"]], batches=[2])
    assert tried(made.SerializeToString(), asked)["scores"] == [[1.0, 0.0]]


def test_a_model_of_numbers_gives_a_prediction_and_no_probabilities() -> None:
    content = export(fit(Configuration("linear", (("alpha", 1.0),)), hourly_rows(), 0))
    golden = {"number_rows": [[0.5, 3.0], [None, 7.0]], "category_rows": [["DE"], ["never seen"]], "batches": [2, 1, 7]}
    asked = question(numbers=[*NUMBERS], categories=[*CATEGORIES], output="prediction", width=1, **golden)
    found = tried(content, asked)
    assert found["problem"] == ""
    assert found["scores"][1] == found["scores"][0][:1]
    told = tried(content, question(numbers=[*NUMBERS], categories=[*CATEGORIES], **golden))["problem"]
    assert "prediction: tensor(float) [rows, 1]" in told
