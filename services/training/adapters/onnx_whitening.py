"""How a `Whitening` is written as ONNX: in float64, as it computes, so that no row comes to lie on another branch."""

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import FloatTensorType

from services.training.domain.whitening import Whitening


def _shape(operator: Any) -> None:
    width = operator.raw_operator.directions_.shape[1] + 1
    operator.outputs[0].type = FloatTensorType([None, width])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    made: Whitening = operator.raw_operator
    power = made.power_

    def constant(values: Any) -> str:
        array = np.atleast_1d(np.asarray(values, np.float64))
        name: str = scope.get_unique_variable_name("whitening")
        container.add_initializer(name, TensorProto.DOUBLE, array.shape, array.ravel())
        return name

    def node(kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or scope.get_unique_variable_name("whitened")
        named = scope.get_unique_operator_name(kind)
        container.add_node(kind, list(inputs), [name], name=named, op_version=13, **attributes)
        return name

    def bent(values: str, by: Any) -> str:
        raised = node("Pow", values, constant(by))
        return node("Div", node("Sub", raised, one), constant(by))

    zero, one = constant(0.0), constant(1.0)
    values = node("Cast", operator.inputs[0].full_name, to=TensorProto.DOUBLE)
    scaled = node("Div", values, constant(made.scale_))
    above = bent(node("Add", node("Max", scaled, zero), one), power)
    below = bent(node("Sub", one, node("Min", scaled, zero)), 2 - power)
    even = node("Sub", node("Sub", above, below), constant(made.mean_))
    turned = node("MatMul", even, constant(made.directions_))
    clipped = node("Min", node("Max", turned, constant(made.least_)), constant(made.most_))
    farthest = node("ReduceMax", node("Abs", clipped), axes=[1], keepdims=1)
    whole = node("Concat", clipped, farthest, axis=1)
    node("Cast", whole, output=operator.outputs[0].full_name, to=TensorProto.FLOAT)


def register() -> None:
    """Let the converter know of it."""
    update_registered_converter(Whitening, "DriftmillWhitening", _shape, _convert)
