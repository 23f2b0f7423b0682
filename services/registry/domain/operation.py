"""What a model's file computes, as pseudo-code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a graph. kind: as ONNX names it. constants: of its inputs that stand in the file. size: what can
    be counted of it, such as its trees."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: frozenset[str] = frozenset()
    size: str = ""


def leading_to(output: str, operations: Sequence[Operation]) -> list[Operation]:
    """The operations that an output is computed by, in their order. operations: each after those it reads."""
    wanted, found = {output}, list[Operation]()
    for one in reversed(operations):
        if wanted & {*one.outputs}:
            wanted |= {*one.inputs}
            found.insert(0, one)
    return found


def pseudo_code(operations: Sequence[Operation], output: str) -> Iterator[str]:
    """A line for each operation that leads to the output. What nobody reads isn't named, what stands in the file is
    said to be constant."""
    needed = leading_to(output, operations)
    read = {output, *(name for one in needed for name in one.inputs)}
    for one in needed:
        given = ", ".join("constant" if name in one.constants else name for name in one.inputs)
        made = ", ".join(name for name in one.outputs if name in read)
        yield f"{made} = {one.kind}({given})" + (f"  # {one.size}" if one.size else "")
