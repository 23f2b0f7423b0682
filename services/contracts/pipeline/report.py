"""Collects mistakes while a pipeline is checked, each placed by its location in the file."""

from collections.abc import Iterable, Sequence

from services.contracts.expression import Expression, ExpressionError, nearest, parse
from services.contracts.pipeline.document import Document, dotted
from services.contracts.pipeline.mistake import Mistake


class Report:
    """`mistakes` so far. partial: parts of `features` were left out as wrong, so that unknown columns prove nothing."""

    def __init__(self, document: Document, partial: bool = False) -> None:
        self.document = document
        self.partial = partial
        self.mistakes: list[Mistake] = []

    def add(
        self, loc: Sequence[str | int], message: str, expected: str = "", hint: str = "", key: bool = False
    ) -> None:
        """A mistake at the value (or the key) at `loc`."""
        line, column = self.document.position(loc, key)
        self.mistakes.append(Mistake(self.document.file, line, column, dotted(loc), message, expected, hint))

    def unknown(self, loc: Sequence[str | int], message: str, known: Iterable[str], key: bool = False) -> None:
        """A name (the last in quotes of `message`) that nothing bears, with the one that was probably meant."""
        self.add(loc, message, hint=nearest(message.split("'")[-2], known).removeprefix("; "), key=key)

    def expression(self, loc: Sequence[str | int], text: str) -> Expression | None:
        """The expression at `loc`, or None and a mistake."""
        try:
            return parse(text)
        except ExpressionError as error:
            self.misread(loc, error)
            return None

    def misread(self, loc: Sequence[str | int], error: ExpressionError) -> None:
        """A mistake inside an expression, placed at its column."""
        line, column = self.document.position(loc)
        place = self.document.find(loc)
        offset = error.column + (1 if place and place.quoted else 0)
        message = f"{error.reason}\n    {error.text}\n    {' ' * error.column}^"
        self.mistakes.append(Mistake(self.document.file, line, column + offset, dotted(loc), message))
