"""Pages for browsers: Markdown with plots below it, in one file."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt

Facts = Mapping[str, Any]
_BAR, _LABEL, _WIDTH, _MARGIN = 22, 260, 640, 34
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
table{border-collapse:collapse;display:block;overflow-x:auto;margin:1rem 0}
td,th{border:1px solid #d0d7de;padding:.2rem .6rem}th{background:#f6f8fa;text-align:left}
code{background:#f6f8fa}svg{max-width:100%;font:13px system-ui,sans-serif}"""


def page(markdown: str, plots: Iterable[tuple[str, str]]) -> str:
    """One HTML file that needs no other. plots: title and SVG of each."""
    title = escape(markdown.partition("\n")[0].removeprefix("# "))
    # raw HTML stays text: names and reasons come from people
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    drawn = "".join(f"<h2>{escape(name)}</h2>\n{plot}\n" for name, plot in plots)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}{drawn}</body></html>\n'


def bars(rows: Sequence[Facts]) -> str:
    """A bar for each: its `input`, `value`, and from `low` to `high` where they are known."""
    ends = [end for one in rows for end in map(one.get, ("value", "low", "high")) if end is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = (_WIDTH - _LABEL - _MARGIN) / ((high - low) or 1.0)

    def at(value: float) -> float:
        return float(round(_LABEL + (value - low) * scale, 1))

    parts = []
    for number, one in enumerate(rows):
        middle, start, end = _BAR * number + 12, *sorted((at(0), at(one["value"])))
        parts.append(f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(one["input"])}</text>')
        parts.append(f'<rect x="{start}" y="{middle - 7}" width="{end - start:.1f}" height="14" fill="#0969da"/>')
        if one.get("low") is not None:
            span = f'x1="{at(one["low"])}" y1="{middle}" x2="{at(one["high"])}" y2="{middle}"'
            parts.append(f'<line {span} stroke="#1b1f24" stroke-width="1.5"/>')
    height = _BAR * len(rows) + 26
    parts.append(f'<line x1="{at(0)}" y1="0" x2="{at(0)}" y2="{height - 22}" stroke="#8c959f"/>')
    for value in (0.0, high):
        parts.append(f'<text x="{at(value)}" y="{height - 6}" text-anchor="middle">{value:.3g}</text>')
    return drawing(_WIDTH + _MARGIN, height, parts)


def drawing(width: int, height: int, parts: Sequence[str]) -> str:
    """An SVG of so many pixels."""
    content = "".join(parts)
    return f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{content}</svg>'
