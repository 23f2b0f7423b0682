"""The kind of an expression: what it gives, checked against the kinds of the names it uses."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from services.contracts.expression.error import ExpressionError
from services.contracts.expression.functions import FUNCTIONS, nearest
from services.contracts.expression.tree import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Logic,
    Membership,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Text,
    Truth,
)

Kind: TypeAlias = Literal["number", "flag", "category", "time", "reference"]
"""`reference` names bytes elsewhere: no expression reads it, it may only stand alone."""

NUMERIC: frozenset[Kind] = frozenset({"number", "flag"})


class KindCheck:
    """Infers kinds bottom-up; raises ExpressionError at the first unknown name or unfitting operand."""

    def __init__(self, text: str, kinds: Mapping[str, Kind], root: Node) -> None:
        self.text = text
        self.kinds = kinds
        self.root = root
        self.rules: dict[type, Callable[..., Kind]] = {
            Name: self._name,
            Number: lambda _: "number",
            Text: lambda _: "category",
            Truth: lambda _: "flag",
            Negative: self._negative,
            Not: self._not,
            Arithmetic: self._arithmetic,
            Comparison: self._comparison,
            Membership: self._membership,
            Logic: self._logic,
            Choice: self._choice,
            Call: self._call,
        }

    def kind(self, node: Node) -> Kind:
        """The kind `node` gives."""
        return self.rules[type(node)](node)

    def _error(self, node: Node, reason: str) -> ExpressionError:
        return ExpressionError(self.text, node.at, reason)

    def _numeric(self, node: Node, where: str) -> None:
        found = self.kind(node)
        if found not in NUMERIC:
            raise self._error(node, f"{where} needs a number, this is a {found}")

    def _alike(self, nodes: tuple[Node, ...], where: str) -> Kind:
        first = self.kind(nodes[0])
        for node in nodes[1:]:
            found = self.kind(node)
            if found != first and not {first, found} <= NUMERIC:
                raise self._error(node, f"{where} needs operands of one kind: a {first} and a {found} stand here")
            first = "number" if found != first else first
        return first

    def _name(self, node: Name) -> Kind:
        if node.name not in self.kinds:
            raise self._error(node, f"unknown name '{node.name}'{nearest(node.name, self.kinds)}")
        if self.kinds[node.name] == "reference" and node is not self.root:
            raise self._error(node, f"'{node.name}' is a reference: only a function of features.py reads its bytes")
        return self.kinds[node.name]

    def _negative(self, node: Negative) -> Kind:
        self._numeric(node.operand, "-")
        return "number"

    def _not(self, node: Not) -> Kind:
        self._numeric(node.operand, "not")
        return "flag"

    def _arithmetic(self, node: Arithmetic) -> Kind:
        # the difference of two times is a number of seconds
        if node.op == "-" and self.kind(node.left) == "time" and self.kind(node.right) == "time":
            return "number"
        self._numeric(node.left, node.op)
        self._numeric(node.right, node.op)
        return "number"

    def _comparison(self, node: Comparison) -> Kind:
        if self._alike(node.operands, node.ops[0]) == "category":
            for op in node.ops:
                if op not in ("==", "!="):
                    raise self._error(node, f"categories have no order: {op} can't compare them")
        return "flag"

    def _membership(self, node: Membership) -> Kind:
        self._alike((node.operand, *node.items), "in")
        return "flag"

    def _logic(self, node: Logic) -> Kind:
        for operand in node.operands:
            self._numeric(operand, node.op)
        return "flag"

    def _choice(self, node: Choice) -> Kind:
        self._numeric(node.condition, "if")
        return self._alike((node.then, node.otherwise), "if … else")

    def _call(self, node: Call) -> Kind:
        function = FUNCTIONS[node.function]
        if function.takes == "same":
            return self._alike(node.arguments, node.function)
        for argument in node.arguments:
            self._argument(argument, node.function, function.takes)
        return "flag" if function.gives == "flag" else "number"

    def _argument(self, argument: Node, name: str, takes: str) -> None:
        found = self.kind(argument)
        if takes == "time" and found != "time":
            raise self._error(argument, f"{name} needs a time, this is a {found}")
        if takes == "number" and found not in NUMERIC:
            raise self._error(argument, f"{name} needs a number, this is a {found}")
