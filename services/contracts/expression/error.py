"""What is wrong with an expression, and where."""


class ExpressionError(ValueError):
    """An expression that can't be used: `text`, zero-based `column`, `reason`; its string form points with a caret."""

    def __init__(self, text: str, column: int, reason: str) -> None:
        self.text = text
        self.column = min(column, len(text))
        self.reason = reason
        super().__init__(f"{reason}\n  {text}\n  {' ' * self.column}^")
