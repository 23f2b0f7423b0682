"""Facts as Markdown: tables, numbers, intervals and times."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Facts = Mapping[str, Any]


def heading(text: str) -> Iterator[str]:
    """A section's head."""
    yield from (f"## {text}", "")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Its lines, and an empty one after it."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(' --- ' for _ in head)}|"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)
    yield ""


def code(lines: Iterable[str]) -> Iterator[str]:
    """Lines in which nothing is marked up, and an empty one after them."""
    yield from ("```", *lines, "```", "")


def number(value: float | None) -> str:
    """Four digits, or a dash where there is none."""
    return "–" if value is None else f"{value:.4g}"


def span(estimate: Facts) -> str:
    """The interval of an estimate, or a dash where it has none."""
    return "–" if estimate["low"] is None else f"{estimate['low']:.4g} to {estimate['high']:.4g}"


def time(micros: int) -> str:
    """A time in microseconds, to the minute, in UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
