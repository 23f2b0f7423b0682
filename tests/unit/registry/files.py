"""Model files made by hand, good and hostile: one number `a` in, its probability out."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from services.registry.adapters.sandbox import Limits
from services.registry.adapters.trial import Answer, Question, tried

LIMITS = Limits(mib=256, cpu_seconds=20, seconds=100, file_bytes=4_000_000)
ROWS = [[0.25], [0.5], [None], [1.0]]
OPSETS = {"": 17, "ai.onnx.ml": 3}


def try_here(content: bytes, asked: Question, _limits: Limits) -> Answer:
    """Without a process of its own: for files of which is known what they do."""
    return tried(content, asked)


def question(**changed: Any) -> Question:
    """What a file is asked whose only input is `a`."""
    plain: dict[str, Any] = {"numbers": ["a"], "categories": [], "number_rows": ROWS}
    plain |= {"category_rows": [[]] * len(ROWS), "batches": [len(ROWS), 1, 2, 7], "pieces": []}
    plain |= {"output": "probability", "width": 2}
    return cast(Question, plain | changed)


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> onnx.NodeProto:
    """One operator."""
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


def model(
    *nodes: onnx.NodeProto,
    initializers: Sequence[onnx.TensorProto] = (),
    inputs: Sequence[onnx.ValueInfoProto] | None = None,
    outputs: Sequence[onnx.ValueInfoProto] | None = None,
) -> onnx.ModelProto:
    """A model whose nodes lead from `a` to `b` [rows, 1], which is the probability of either class."""
    last = node("Concat", ["b", "b"], ["probability"], axis=1)
    graph = helper.make_graph(
        [*nodes, last],
        "made",
        [column("a")] if inputs is None else inputs,
        [column("probability", width=2)] if outputs is None else outputs,
        list(initializers),
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def column(name: str, kind: int = TensorProto.FLOAT, width: int | None = 1) -> onnx.ValueInfoProto:
    """An input or output, [rows, width]."""
    return helper.make_tensor_value_info(name, kind, [None, width])


def plain() -> onnx.ModelProto:
    """A half of `a`."""
    return model(node("Mul", ["a", "half"], ["b"]), initializers=[tensor("half", np.float32(0.5))])


def tensor(name: str, value: Any) -> onnx.TensorProto:
    """A constant."""
    return numpy_helper.from_array(np.asarray(value), name)


def hungry(mib: int) -> onnx.ModelProto:
    """A few bytes that ask for mebibytes once they run."""
    big = node("ConstantOfShape", ["shape"], ["big"])
    least = node("ReduceMax", ["big"], ["zero"], keepdims=0)
    size = tensor("shape", np.array([mib * 2**18]))
    return model(big, least, node("Add", ["a", "zero"], ["b"]), initializers=[size])


def endless() -> onnx.ModelProto:
    """A loop of 2**62 rounds."""
    rounds, goes_on = tensor("rounds", np.int64(2**62)), tensor("goes_on", np.bool_(True))
    inner = helper.make_graph(
        [node("Identity", ["on"], ["on_too"]), node("Identity", ["x"], ["y"])],
        "inner",
        [_scalar("round", TensorProto.INT64), _scalar("on", TensorProto.BOOL), column("x")],
        [_scalar("on_too", TensorProto.BOOL), column("y")],
    )
    return model(node("Loop", ["rounds", "goes_on", "a"], ["b"], body=inner), initializers=[rounds, goes_on])


def deep(levels: int = 30_000) -> onnx.ModelProto:
    """A tree so deep that ONNX Runtime, which reads it by recursion, runs out of its stack."""
    leaf = "LEAF"
    trees = {
        "nodes_nodeids": list(range(2 * levels + 1)),
        "nodes_modes": ["BRANCH_LEQ"] * levels + [leaf] * (levels + 1),
        "nodes_truenodeids": [levels + i for i in range(levels)] + [0] * (levels + 1),
        "nodes_falsenodeids": [*range(1, levels), 2 * levels] + [0] * (levels + 1),
        "nodes_values": [0.5] * (2 * levels + 1),
        "target_nodeids": list(range(levels, 2 * levels + 1)),
        "target_weights": [0.5] * (levels + 1),
    }
    zeros = ("nodes_treeids", "nodes_featureids", "nodes_missing_value_tracks_true")
    trees |= {name: [0] * (2 * levels + 1) for name in zeros}
    trees |= {name: [0] * (levels + 1) for name in ("target_treeids", "target_ids")}
    return model(node("TreeEnsembleRegressor", ["a"], ["b"], domain="ai.onnx.ml", n_targets=1, **trees))


def _scalar(name: str, kind: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, [])
