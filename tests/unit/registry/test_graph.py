"""A file holds standard operators on its own data, in every corner of it."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from services.contracts.pipeline.learning_task import BINARY
from services.registry.adapters.graph import problem_of
from services.training.adapters.onnx_export import export
from tests.unit.registry.files import column, deep, endless, hungry, model, node, plain
from tests.unit.training.fitted import fitted


@pytest.mark.parametrize("family", BINARY.learners)
def test_what_training_writes_holds_nothing_else(family: str) -> None:
    assert problem_of(export(fitted(family))) == ""


def test_what_a_file_does_when_it_runs_is_not_told_from_what_it_holds() -> None:
    assert [problem_of(made.SerializeToString()) for made in (plain(), hungry(16_384), endless(), deep(10))] == [""] * 4


def outside(name: str = "half") -> onnx.TensorProto:
    """A tensor whose data is in a file beside the model."""
    made = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    made.external_data.add(key="location", value="../../etc/passwd")
    return made


def unmarked() -> onnx.TensorProto:
    """It names a file, though it says that its data is inside."""
    made = outside()
    made.data_location = TensorProto.DEFAULT
    return made


def in_initializer() -> onnx.ModelProto:
    return model(node("Mul", ["a", "half"], ["b"]), initializers=[outside()])


def in_unmarked_initializer() -> onnx.ModelProto:
    return model(node("Mul", ["a", "half"], ["b"]), initializers=[unmarked()])


def in_attribute() -> onnx.ModelProto:
    return model(node("Constant", [], ["half"], value=outside()), node("Mul", ["a", "half"], ["b"]))


def in_subgraph() -> onnx.ModelProto:
    made = endless()
    made.graph.node[0].attribute[0].g.initializer.append(outside())
    return made


def in_list_of_tensors() -> onnx.ModelProto:
    made = plain()
    attribute = made.graph.node[0].attribute.add(name="many", type=onnx.AttributeProto.TENSORS)
    attribute.tensors.append(outside())
    return made


def in_sparse_initializer() -> onnx.ModelProto:
    made = plain()
    made.graph.sparse_initializer.add(values=outside(), dims=[4])
    return made


def in_sparse_attribute() -> onnx.ModelProto:
    made = plain()
    attribute = made.graph.node[0].attribute.add(name="sparse", type=onnx.AttributeProto.SPARSE_TENSOR)
    attribute.sparse_tensor.indices.CopyFrom(outside())
    return made


def in_training_graph() -> onnx.ModelProto:
    made = plain()
    made.training_info.add().algorithm.initializer.append(outside())
    return made


@pytest.mark.parametrize(
    "made",
    [
        in_initializer,
        in_unmarked_initializer,
        in_attribute,
        in_subgraph,
        in_list_of_tensors,
        in_sparse_initializer,
        in_sparse_attribute,
        in_training_graph,
    ],
)
def test_data_outside_the_file_is_refused_wherever_it_is_named(made: Callable[[], onnx.ModelProto]) -> None:
    assert problem_of(made().SerializeToString()) == "the file refers to data outside itself"


def foreign_import() -> onnx.ModelProto:
    made = plain()
    made.opset_import.append(helper.make_opsetid("com.evil", 1))
    return made


def foreign_node() -> onnx.ModelProto:
    return model(node("Mul", ["a", "a"], ["b"], domain="com.evil"))


def foreign_in_subgraph() -> onnx.ModelProto:
    made = endless()
    made.graph.node[0].attribute[0].g.node[0].domain = "com.evil"
    return made


@pytest.mark.parametrize("made", [foreign_import, foreign_node, foreign_in_subgraph])
def test_operators_beside_the_standard_are_refused(made: Callable[[], onnx.ModelProto]) -> None:
    assert problem_of(made().SerializeToString()) == "operators of com.evil aren't allowed"


@pytest.mark.parametrize("domain", ["com.evil", "ai.onnx.ml"])
def test_operators_that_the_file_defines_itself_are_refused(domain: str) -> None:
    made = plain()
    inner = node("Steal", ["x"], ["y"], domain="com.evil")
    made.functions.append(helper.make_function(domain, "Kind", ["x"], ["y"], [inner], list(made.opset_import)))
    assert problem_of(made.SerializeToString()) == "the file defines operators of its own: Kind"


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x08" * 3, np.zeros(999, np.uint8).tobytes()])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    assert problem_of(content).startswith("the file isn't ONNX: ")


def test_a_file_that_was_cut_off_is_refused() -> None:
    assert problem_of(plain().SerializeToString()[:-20]).startswith("the file isn't ONNX: ")


def test_columns_that_nobody_declared_are_no_matter_of_the_operators() -> None:
    made = model(node("Identity", ["a"], ["b"]), inputs=[column("a"), column("z")])
    assert problem_of(made.SerializeToString()) == ""
