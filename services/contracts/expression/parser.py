"""Text of an expression to its tree, by recursive descent.

From the loosest to the tightest: if … else, or, and, not, comparison, sum, product, sign.
"""

from collections.abc import Callable

from services.contracts.expression.error import ExpressionError
from services.contracts.expression.functions import FUNCTIONS, nearest
from services.contracts.expression.tokens import Token, tokenise
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
    depth,
)

MAX_DEPTH = 25
MAX_TREE = 100
RESERVED = frozenset({"and", "or", "not", "in", "if", "else", "true", "false"})
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


class Parser:
    """Reads one expression; every method consumes the tokens of the node it returns."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenise(text)
        self.position = 0
        self.depth = 0

    def parse(self) -> Node:
        """The tree of the whole text; raises ExpressionError where it isn't an expression."""
        node = self._choice()
        if self._token.kind != "end":
            raise self._error(f"expected an operator, found '{self._token.text}'")
        if depth(node) > MAX_TREE:
            raise ExpressionError(self.text, 0, f"more than {MAX_TREE} operators in a row; split it")
        return node

    @property
    def _token(self) -> Token:
        return self.tokens[self.position]

    def _error(self, reason: str, token: Token | None = None) -> ExpressionError:
        return ExpressionError(self.text, (token or self._token).at, reason)

    def _take(self) -> Token:
        token = self._token
        self.position += token.kind != "end"
        return token

    def _accept(self, *texts: str) -> Token | None:
        token = self._token
        return self._take() if token.kind in ("symbol", "name") and token.text in texts else None

    def _expect(self, text: str) -> Token:
        token = self._accept(text)
        if token is None:
            raise self._error(f"expected '{text}', found {self._found()}")
        return token

    def _found(self) -> str:
        return "the end" if self._token.kind == "end" else f"'{self._token.text}'"

    def _choice(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels")
        node = self._either()
        if self._accept("if"):
            condition = self._either()
            self._expect("else")
            node = Choice(node.at, condition, node, self._choice())
        self.depth -= 1
        return node

    def _either(self) -> Node:
        return self._logic("or", self._both)

    def _both(self) -> Node:
        return self._logic("and", self._negation)

    def _logic(self, op: str, operand: Callable[[], Node]) -> Node:
        operands = [operand()]
        while self._accept(op):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Logic(operands[0].at, op, tuple(operands))

    def _negation(self) -> Node:
        found: list[Token] = []
        while token := self._accept("not"):
            found.append(token)
        node = self._comparison()
        for token in reversed(found):
            node = Not(token.at, node)
        return node

    def _comparison(self) -> Node:
        node = self._sum()
        if (membership := self._membership(node)) is not None:
            return membership
        operands, ops = [node], []
        while token := self._accept(*_COMPARISONS):
            ops.append(token.text)
            operands.append(self._sum())
        return Comparison(node.at, tuple(operands), tuple(ops)) if ops else node

    def _membership(self, operand: Node) -> Node | None:
        negated = self._token.text == "not" and self.tokens[self.position + 1].text == "in"
        if negated:
            self._take()
        if not self._accept("in"):
            return None
        self._expect("[")
        items = [self._item()]
        while self._accept(","):
            items.append(self._item())
        self._expect("]")
        return Membership(operand.at, operand, tuple(items), negated)

    def _item(self) -> Number | Text:
        negative = self._accept("-")
        token = self._take()
        if token.kind == "number" and isinstance(token.value, float):
            return Number(token.at, -token.value if negative else token.value)
        if token.kind == "string" and not negative:
            return Text(token.at, str(token.value))
        raise self._error("a list holds only numbers or strings in quotes", token)

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/", "%"), self._sign)

    def _chain(self, ops: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        node = operand()
        while token := self._accept(*ops):
            node = Arithmetic(node.at, token.text, node, operand())
        return node

    def _sign(self) -> Node:
        at, negative = self._token.at, False
        while token := self._accept("-", "+"):
            negative ^= token.text == "-"
        node = self._atom()
        return Negative(at, node) if negative else node

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "number" and isinstance(token.value, float):
            return Number(token.at, token.value)
        if token.kind == "string":
            return Text(token.at, str(token.value))
        if token.text == "(":
            node = self._choice()
            self._expect(")")
            return node
        if token.kind == "name":
            return self._named(token)
        raise self._error(f"expected a name, a number or '(', found {_quoted(token)}", token)

    def _named(self, token: Token) -> Node:
        if token.text.lower() in ("true", "false"):
            return Truth(token.at, token.text.lower() == "true")
        if token.text in RESERVED:
            raise self._error(f"expected a name, a number or '(', found '{token.text}'", token)
        if self._accept("("):
            return self._call(token)
        return Name(token.at, token.text)

    def _call(self, token: Token) -> Node:
        function = FUNCTIONS.get(token.text)
        if function is None:
            raise self._error(f"there is no function '{token.text}'{nearest(token.text, FUNCTIONS)}", token)
        arguments: list[Node] = []
        if not self._accept(")"):
            arguments.append(self._choice())
            while self._accept(","):
                arguments.append(self._choice())
            self._expect(")")
        if not function.fewest <= len(arguments) <= function.most:
            raise self._error(f"{token.text} takes {function.arity}, found {len(arguments)}", token)
        return Call(token.at, token.text, tuple(arguments))


def _quoted(token: Token) -> str:
    return "the end" if token.kind == "end" else f"'{token.text}'"
