"""Parts of the Markdown pages that tell of events, versions and datasets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Facts = Mapping[str, Any]


def section(title: str, lines: Sequence[str], nothing: str = "") -> Iterator[str]:
    """A heading and its lines; `nothing` where there are none, and no section without that."""
    if lines or nothing:
        yield from ("", f"## {title}", "", *(lines or [nothing]))


def table(rows: Sequence[Facts], columns: Sequence[str]) -> list[str]:
    """Rows as a table of some of their keys; nothing without rows."""
    if not rows:
        return []
    head = [f"| {' | '.join(name.replace('_', ' ') for name in columns)} |", f"|{' --- |' * len(columns)}"]
    return head + [f"| {' | '.join(cell(row.get(name)) for name in columns)} |" for row in rows]


def cell(value: Any) -> str:
    """A value in a table: a bar would end the cell, a new line the row."""
    return text(value).replace("|", "\\|").replace("\n", " ")


def text(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {text(one)}" for name, one in value.items())
    return str(value)


def line(name: str, value: Any) -> str:
    """One fact."""
    return f"- {name}: {text(value)}"


def place(record: Facts) -> str:
    """Where a record lies."""
    appended = f", appended {record['appended']}" if record.get("appended") else ""
    return f"{record['topic']}[{record['partition']}]@{record['offset']}{appended}"


def criteria(found: Sequence[Facts]) -> list[str]:
    """The lines of a verdict."""
    rows = [{**one, "holds": one["passed"], "criterion": one["name"]} for one in found]
    return table(rows, ("criterion", "holds", "value", "low", "high", "bound", "rows", "detail"))
