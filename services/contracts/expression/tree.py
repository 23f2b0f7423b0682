"""The nodes of a parsed expression. Each knows the zero-based column it begins at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Name:
    """A column of the row: an event field, a feature such as `customer.spend.mean.28d`, or `row.x`."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a duration as seconds."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A category written out."""

    at: int
    value: str


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    at: int
    value: bool


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`."""

    at: int
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """`not operand`."""

    at: int
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right` with op one of + - * / %."""

    at: int
    op: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b <= c`: `operands` one more than `ops`, all of which must hold."""

    at: int
    operands: "tuple[Node, ...]"
    ops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """`operand in [items]`, or `not in` where `negated`."""

    at: int
    operand: "Node"
    items: tuple[Number | Text, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over two or more operands."""

    at: int
    op: str
    operands: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if condition else otherwise`."""

    at: int
    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """One of the fixed functions."""

    at: int
    function: str
    arguments: "tuple[Node, ...]"


Node: TypeAlias = (
    Name | Number | Text | Truth | Negative | Not | Arithmetic | Comparison | Membership | Logic | Choice | Call
)


def children(node: Node) -> "tuple[Node, ...]":
    """The operands of `node`, from left to right."""
    match node:
        case Negative() | Not():
            return (node.operand,)
        case Arithmetic():
            return (node.left, node.right)
        case Comparison() | Logic():
            return node.operands
        case Membership():
            return (node.operand, *node.items)
        case Choice():
            return (node.then, node.condition, node.otherwise)
        case Call():
            return node.arguments
    return ()


def names(node: Node) -> Iterator[Name]:
    """Every name in `node`, from left to right, repeats included."""
    if isinstance(node, Name):
        yield node
    for child in children(node):
        yield from names(child)


def depth(node: Node) -> int:
    """The number of nodes on the longest way down, counted without recursion."""
    longest, open_nodes = 0, [(node, 1)]
    while open_nodes:
        found, level = open_nodes.pop()
        longest = max(longest, level)
        open_nodes.extend((child, level + 1) for child in children(found))
    return longest
