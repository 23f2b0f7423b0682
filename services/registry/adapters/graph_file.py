"""The operations of an ONNX file."""

import onnx

from services.registry.domain.operation import Operation

_TREES, _LINEAR = "TreeEnsemble", "Linear"


def operations(content: bytes) -> list[Operation]:
    """What a file computes, in order."""
    graph = onnx.load_model_from_string(content).graph
    stored = frozenset(tensor.name for tensor in graph.initializer)
    return [
        Operation(node.op_type, tuple(node.input), tuple(node.output), stored & {*node.input}, _size(node))
        for node in graph.node
    ]


def _size(node: onnx.NodeProto) -> str:
    """Trees and their nodes, or coefficients."""
    given = {attribute.name: attribute for attribute in node.attribute}
    if node.op_type.startswith(_TREES):
        trees = given["nodes_treeids"].ints
        return f"{len(set(trees)):,} trees, {len(trees):,} nodes"
    if node.op_type.startswith(_LINEAR):
        return f"{len(given['coefficients'].floats):,} coefficients"
    return ""
