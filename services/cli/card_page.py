"""A model card as a page: its Markdown, and plots of what was recorded."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt

Facts = Mapping[str, Any]
_BAR, _LABEL, _WIDTH, _SIDE, _MARGIN = 22, 260, 640, 260, 34
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid #d0d7de;padding:.2rem .6rem}
th{background:#f6f8fa;text-align:left}code{background:#f6f8fa}svg{max-width:100%;font:13px system-ui,sans-serif}"""


def page(markdown: str, manifest: Facts) -> str:
    """One HTML file that needs no other. The same facts give the same bytes."""
    title = escape(markdown.partition("\n")[0].removeprefix("# "))
    # raw HTML stays text: names and reasons come from people
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    plots = "".join(f"<h2>{escape(name)}</h2>\n{plot}\n" for name, plot in _plots(manifest))
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}{plots}</body></html>\n'


def _plots(manifest: Facts) -> Iterator[tuple[str, str]]:
    """Of versions from before something was recorded: nothing."""
    if bins := manifest["measured"].get("reliability"):
        yield "Scores beside what came true", _reliability(bins)
    if losses := [one for one in manifest.get("importance", ()) if one["value"] is not None]:
        yield "What is lost when an input is shuffled", _importance(losses)


def _reliability(bins: Sequence[Facts]) -> str:
    """A point for each bin, its area by the rows in it; on the diagonal scores are right."""
    most = max(one["rows"] for one in bins)
    left, right, top, bottom = _along(0), _along(1), _up(1), _up(0)
    parts = [
        f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#d0d7de"/>',
        f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{top}" stroke="#8c959f" stroke-dasharray="4"/>',
        f'<text x="{_along(0.5)}" y="{bottom + 32}" text-anchor="middle">mean score</text>',
        f'<text x="{right + 8}" y="{top + 12}">share of positives</text>',
    ]
    for one in bins:
        place = f'cx="{_along(one["score"])}" cy="{_up(one["positive_rate"])}"'
        size = 3 + 9 * (one["rows"] / most) ** 0.5
        told = f"<title>{one['rows']:,} rows</title>"
        parts.append(f'<circle {place} r="{size:.1f}" fill="#0969da" fill-opacity=".6">{told}</circle>')
    for at in (0, 0.5, 1):
        parts.append(f'<text x="{_along(at)}" y="{bottom + 16}" text-anchor="middle">{at:g}</text>')
        parts.append(f'<text x="{left - 6}" y="{_up(at) + 4}" text-anchor="end">{at:g}</text>')
    return _drawing(_SIDE + 2 * _MARGIN + 180, _SIDE + 2 * _MARGIN + 8, parts)


def _along(share: float) -> float:
    return round(_MARGIN + share * _SIDE, 1)


def _up(share: float) -> float:
    return round(10 + (1 - share) * _SIDE, 1)


def _importance(losses: Sequence[Facts]) -> str:
    """A bar for each input, with its interval where there is one."""
    ends = [end for one in losses for end in (one["value"], one["low"], one["high"]) if end is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    scale = (_WIDTH - _LABEL - _MARGIN) / ((high - low) or 1.0)

    def at(value: float) -> float:
        return float(round(_LABEL + (value - low) * scale, 1))

    parts = []
    for number, one in enumerate(losses):
        middle, start, end = _BAR * number + 12, *sorted((at(0), at(one["value"])))
        parts.append(f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(one["input"])}</text>')
        parts.append(f'<rect x="{start}" y="{middle - 7}" width="{end - start:.1f}" height="14" fill="#0969da"/>')
        if one["low"] is not None:
            span = f'x1="{at(one["low"])}" y1="{middle}" x2="{at(one["high"])}" y2="{middle}"'
            parts.append(f'<line {span} stroke="#1b1f24" stroke-width="1.5"/>')
    height = _BAR * len(losses) + 26
    parts.append(f'<line x1="{at(0)}" y1="0" x2="{at(0)}" y2="{height - 22}" stroke="#8c959f"/>')
    for value in (0.0, high):
        parts.append(f'<text x="{at(value)}" y="{height - 6}" text-anchor="middle">{value:.3g}</text>')
    return _drawing(_WIDTH + _MARGIN, height, parts)


def _drawing(width: int, height: int, parts: Sequence[str]) -> str:
    content = "".join(parts)
    return f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{content}</svg>'
