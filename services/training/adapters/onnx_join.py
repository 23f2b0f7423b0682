"""An ensemble as one graph: its members' graphs side by side on the same inputs, and the weighted mean of what they
give."""

from collections.abc import Iterator, Sequence

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, compose, helper, numpy_helper

from services.contracts.pipeline.learning_task import LearningTask


def join(members: Sequence[onnx.ModelProto], weights: Sequence[float], task: LearningTask) -> onnx.ModelProto:
    """members: the graph of each, all with the same inputs and the one output of the task; so is what is made of them.

    Only operators that act on each element by itself are added: matrix products give other bits in other batches.
    """
    apart = [compose.add_prefix(one, f"member{i}_", rename_inputs=False) for i, one in enumerate(members)]
    graph = onnx.GraphProto(name="driftmill")
    graph.input.extend(members[0].graph.input)
    graph.output.append(helper.make_tensor_value_info(task.output, TensorProto.FLOAT, [None, task.width]))
    for one in apart:
        graph.node.extend(one.graph.node)
        graph.initializer.extend(one.graph.initializer)
    graph.node.extend(_mean([one.graph.output[0].name for one in apart], task.output))
    graph.initializer.extend(
        numpy_helper.from_array(np.array(weight, np.float32), f"weight{i}") for i, weight in enumerate(weights)
    )
    model = helper.make_model(graph, opset_imports=_opsets(apart), producer_name=members[0].producer_name)
    model.ir_version = max(one.ir_version for one in members)
    return model


def _mean(names: Sequence[str], output: str) -> Iterator[NodeProto]:
    parts = [f"part{i}" for i in range(len(names))]
    for i, (name, part) in enumerate(zip(names, parts, strict=True)):
        yield helper.make_node("Mul", [name, f"weight{i}"], [part])
    yield helper.make_node("Sum", parts, [output])


def _opsets(models: Sequence[onnx.ModelProto]) -> list[onnx.OperatorSetIdProto]:
    """The newest that one of them needs."""
    versions: dict[str, int] = {}
    for opset in (opset for one in models for opset in one.opset_import):
        versions[opset.domain] = max(opset.version, versions.get(opset.domain, 0))
    return [helper.make_opsetid(domain, version) for domain, version in versions.items()]
