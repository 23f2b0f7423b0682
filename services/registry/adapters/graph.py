"""What a model file may hold: standard operators on data of its own, and nothing that is run or read from elsewhere."""

from collections.abc import Iterator

import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
"""Operator sets of the ONNX standard, all of which ONNX Runtime has built in."""


def problem_of(content: bytes) -> str:
    """Why the bytes aren't a file that may be loaded, or empty.

    Looks at every part, wherever it is nested: subgraphs, tensors in attributes, sparse initializers, training graphs.
    """
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        return f"the file isn't ONNX: {error}"
    if not model.graph.node:
        return "the file isn't ONNX: it has no graph"
    if model.functions:
        return f"the file defines operators of its own: {', '.join(sorted({one.name for one in model.functions}))}"
    parts = list(_parts(model))
    if foreign := {domain for part in parts if (domain := _domain(part)) not in DOMAINS}:
        return f"operators of {', '.join(sorted(foreign))} aren't allowed"
    if any(_is_external(part) for part in parts):
        return "the file refers to data outside itself"
    return ""


def _parts(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for part in value if field.is_repeated else (value,):
                yield from _parts(part)


def _domain(part: Message) -> str:
    return part.domain if isinstance(part, onnx.NodeProto | onnx.OperatorSetIdProto) else ""


def _is_external(part: Message) -> bool:
    if not isinstance(part, onnx.TensorProto):
        return False
    return bool(part.external_data) or part.data_location == onnx.TensorProto.EXTERNAL
