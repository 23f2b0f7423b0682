"""Tokens of the expression language: names with dots, numbers, durations, strings and symbols."""

import re
from dataclasses import dataclass

from services.contracts.expression.error import ExpressionError

MAX_LENGTH = 2_000
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?P<unit>us|ms|s|m|h|d|w)?(?![\w.])
    | (?P<name>[A-Za-z_]\w*(?:\.\w+)*)
    | (?P<string>'[^']*'|"[^"]*")
    | (?P<symbol><=|>=|==|!=|[-+*/%<>()\[\],])
    """,
    re.VERBOSE | re.ASCII,
)
_SUGGESTED = {"=": "==", "&": "and", "&&": "and", "|": "or", "||": "or", "!": "not", "^": "*", "**": "*"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (`number`, `name`, `string`, `symbol`, `end`), text, value and zero-based column."""

    kind: str
    text: str
    at: int
    value: float | str | None = None


def tokenise(text: str) -> list[Token]:
    """Split `text` into tokens, ended by one of kind `end`; raises ExpressionError at the first strange character."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(text, MAX_LENGTH, f"the expression is longer than {MAX_LENGTH} characters")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(text, at, _strange(text, at))
        if match.lastgroup != "space":
            tokens.append(_token(match))
        at = match.end()
    tokens.append(Token("end", "the end", len(text)))
    return tokens


def _token(match: re.Match[str]) -> Token:
    at, text = match.start(), match.group()
    if match["number"] is not None:
        # a duration is a number of seconds, the unit of time differences and of `time_since_last`
        return Token("number", text, at, float(match["number"]) * SECONDS.get(match["unit"], 1.0))
    if match["string"] is not None:
        return Token("string", text, at, text[1:-1])
    return Token("name" if match["name"] else "symbol", text, at)


def _strange(text: str, at: int) -> str:
    for length in (2, 1):
        wanted = _SUGGESTED.get(text[at : at + length])
        if wanted:
            return f"'{text[at : at + length]}' isn't an operator here; write '{wanted}'"
    if text[at] in "'\"":
        return "this string has no end"
    if text[at].isdigit():
        return "this is neither a number nor a duration such as 7d or 10m"
    return f"unexpected character {text[at]!r}"
