"""A fitted learner as an ONNX file: the whole pipeline, from named columns to the probability or the number."""

import hashlib
import math
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from services.contracts.pipeline.learning_task import LearningTask
from services.training.adapters.onnx_join import join
from services.training.adapters.onnx_whitening import register
from services.training.domain.ensemble import Joined, Learnt
from services.training.domain.learner import Fitted

TARGET_OPSET = {"": 17, "ai.onnx.ml": 3}


class NotConvertible(Exception):
    """Why a learner can't be written as ONNX."""


def export(learnt: Learnt) -> bytes:
    """The file's bytes: the same learner gives the same bytes.

    Inputs: each of its numbers [rows, 1] float32, each of its categories [rows, 1] string. Output, float32:
    `probability` [rows, 2], or [rows, classes] where there are several, `prediction` or `anomaly_score` [rows, 1].
    Every input stays an input, read or not, so that the contract is the manifest's. Raises NotConvertible.
    """
    members = [_converted(member) for member in learnt.members]
    model = join(members, learnt.weights, learnt.task) if isinstance(learnt, Joined) else members[0]
    _sort_domains(model)
    model.producer_version = ""
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _converted(fitted: Fitted) -> onnx.ModelProto:
    register()
    columns: list[tuple[str, Any]] = [(name, FloatTensorType([None, 1])) for name in fitted.numbers]
    columns += [(name, StringTensorType([None, 1])) for name in fitted.categories]
    try:
        model: onnx.ModelProto = convert_sklearn(
            fitted.pipeline,
            name="driftmill",
            initial_types=columns,
            target_opset=TARGET_OPSET,
            options={id(fitted.pipeline): {"zipmap": False}} if fitted.task.classifies else None,
        )
    except Exception as error:  # of many kinds
        reason = " ".join(str(error).split())[:300]
        raise NotConvertible(f"{fitted.configuration.family} can't be written as ONNX: {reason}") from error
    _rename_inputs(model.graph, [name for name, _ in columns])
    _only_output(model.graph, fitted.task)
    return model


def digest(content: bytes) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _rename_inputs(graph: onnx.GraphProto, names: list[str]) -> None:
    """Give the inputs their own names again: the converter replaces the dots."""
    given = {entry.name: name for entry, name in zip(graph.input, names, strict=True)}
    for entry in graph.input:
        entry.name = given[entry.name]
    for node in graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = given.get(name, name)


def _sort_domains(model: onnx.ModelProto) -> None:
    """The converter lists them in the order of a set, which is another one in every process."""
    domains = sorted(model.opset_import, key=lambda one: str(one.domain))
    del model.opset_import[:]
    model.opset_import.extend(domains)


def _only_output(graph: onnx.GraphProto, task: LearningTask) -> None:
    """Drop the label output of classes, whose threshold is never the pipeline's, and name the other one."""
    (predicted,) = [output.name for output in graph.output if "prob" in output.name or not task.classifies]
    if not task.labelled:
        predicted = _score_of_depth(graph, predicted)
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(task.output, onnx.TensorProto.FLOAT, [None, task.width]))
    for names in (names for node in graph.node for names in (node.input, node.output)):
        for i, name in enumerate(names):
            if name == predicted:
                names[i] = task.output


def _score_of_depth(graph: onnx.GraphProto, depth: str) -> str:
    """Compute 2 to the power of minus it."""
    graph.initializer.append(numpy_helper.from_array(np.array([-math.log(2)], np.float32), "minus_log_2"))
    graph.node.append(helper.make_node("Mul", [depth, "minus_log_2"], ["log_of_score"], "log_of_score"))
    graph.node.append(helper.make_node("Exp", ["log_of_score"], ["score_of_depth"], "score_of_depth"))
    return "score_of_depth"
