"""A dataset's report as a page: its Markdown, with plots of its label, its drift and its columns."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from services.contracts.binning import binning_of
from services.contracts.page import bars, drawing
from services.contracts.page import page as written

Facts = Mapping[str, Any]
_WIDTH, _HEIGHT, _LEFT = 640, 120, 44
_BARS = 40
"""Bars of a histogram."""


def page(markdown: str, profile: Facts, moved: Mapping[str, float]) -> str:
    """One HTML file that needs no other. The same facts give the same bytes."""
    return written(markdown, _plots(profile, moved))


def _plots(profile: Facts, moved: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    if profile["label"]:
        yield from _of_label(profile)
    if moved:
        yield "Drift from the last dataset", bars([{"input": name, "value": index} for name, index in moved.items()])
    for one in profile["columns"]:
        if shown := _bars(one):
            yield one["name"], _histogram(shown)


def _of_label(profile: Facts) -> Iterator[tuple[str, str]]:
    if "spread" in profile:
        yield "Label over time: mean, middle half, and nine tenths", _spread(profile["label"])
        if shown := _bars(profile["spread"]):
            yield "Label", _histogram(shown)
    elif "classes" in profile:
        for number, name in enumerate(profile["classes"]):
            its = [{"rows": one["rows"], "positives": one["classes"][number]} for one in profile["label"]]
            yield f"Share of {name} over time", _label(its)
    else:
        yield "Share of positives over time", _label(profile["label"])


def _label(stretches: Sequence[Facts]) -> str:
    """A point for each stretch that has rows, on a scale from none to the greatest share."""
    points = [(number, one["positives"] / one["rows"]) for number, one in enumerate(stretches) if one["rows"]]
    most = max(share for _, share in points) or 1.0
    parts = [*_scale(most, f"{most:.1%}")]
    for number, share in points:
        x, y = _along(number, stretches), _up(share / most)
        told = f"<title>{stretches[number]['rows']:,} rows, {share:.2%}</title>"
        parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="#0969da">{told}</circle>')
    return drawing(_WIDTH, _HEIGHT + 10, parts)


def _spread(stretches: Sequence[Facts]) -> str:
    """Labels that are numbers: of each stretch that has rows a line of nine tenths, a bar of half, and the mean."""
    there = [(number, one["mean"], one["quantiles"]) for number, one in enumerate(stretches) if one["rows"]]
    low = min(min(mean, shares["0.05"]) for _, mean, shares in there)
    high = max(max(mean, shares["0.95"]) for _, mean, shares in there)

    def up(value: float) -> float:
        return _up((value - low) / ((high - low) or 1.0))

    parts = [*_scale(1.0, f"{high:.4g}"), f'<text x="{_LEFT - 6}" y="{_HEIGHT}" text-anchor="end">{low:.4g}</text>']
    for number, mean, shares in there:
        x = _along(number, stretches)
        for first, last, width in (("0.05", "0.95", 1), ("0.25", "0.75", 5)):
            ends = f'x1="{x}" y1="{up(shares[first])}" x2="{x}" y2="{up(shares[last])}"'
            parts.append(f'<line {ends} stroke="#8c959f" stroke-width="{width}"/>')
        told = f"<title>{stretches[number]['rows']:,} rows, mean {mean:.4g}, median {shares['0.5']:.4g}</title>"
        parts.append(f'<circle cx="{x}" cy="{up(mean)}" r="3" fill="#0969da">{told}</circle>')
    return drawing(_WIDTH, _HEIGHT + 10, parts)


def _along(number: int, stretches: Sequence[Facts]) -> float:
    return round(_LEFT + number * (_WIDTH - _LEFT - 10) / max(1, len(stretches) - 1), 1)


def _bars(one: Facts) -> list[tuple[str, float]]:
    """Text and rows of each bar: of a category's most frequent values, or of equal parts of a number's middle."""
    if one["type"] == "category":
        return [(top["value"], float(top["rows"])) for top in one["top"]]
    if not one["quantiles"]:
        return []
    low, high = one["quantiles"]["0.01"], one["quantiles"]["0.99"]
    if low == high:
        return []
    width, binning = (high - low) / _BARS, binning_of(one["name"])
    rows = [0.0] * _BARS
    for bin_, count in zip(one["bins"], one["bin_counts"], strict=True):
        first, last = binning.edges(bin_)
        if last < low or first > high:
            continue
        start, end = max(first, low), min(last, high)
        for number, share in _shares(start, end, low, width):
            rows[number] += count * (share / (end - start) if end > start else 1.0)
    return [
        (f"{low + number * width:.4g} to {low + (number + 1) * width:.4g}", count) for number, count in enumerate(rows)
    ]


def _shares(start: float, end: float, low: float, width: float) -> Iterator[tuple[int, float]]:
    """The bars that a bin from `start` to `end` lies in, and how much of it lies in each."""
    first, last = (min(int((edge - low) / width), _BARS - 1) for edge in (start, end))
    for number in range(first, last + 1):
        left, right = low + number * width, low + (number + 1) * width
        yield number, max(0.0, min(end, right) - max(start, left))


def _histogram(shown: Sequence[tuple[str, float]]) -> str:
    most = max(rows for _, rows in shown) or 1.0
    step = (_WIDTH - _LEFT) / len(shown)
    parts = [*_scale(most, f"{most:,.0f}")]
    for number, (text, rows) in enumerate(shown):
        x, y = round(_LEFT + number * step, 1), _up(rows / most)
        shape = f'x="{x}" y="{y}" width="{step - 1:.1f}" height="{round(_HEIGHT - y, 1)}"'
        parts.append(f'<rect {shape} fill="#0969da"><title>{escape(text)}: {rows:,.0f} rows</title></rect>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT + 16}">{escape(shown[0][0])}</text>')
    parts.append(f'<text x="{_WIDTH}" y="{_HEIGHT + 16}" text-anchor="end">{escape(shown[-1][0])}</text>')
    return drawing(_WIDTH, _HEIGHT + 22, parts)


def _scale(most: float, told: str) -> Iterator[str]:
    yield f'<line x1="{_LEFT}" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}" stroke="#8c959f"/>'
    if most:
        yield f'<text x="{_LEFT - 6}" y="{_up(1) + 4}" text-anchor="end">{told}</text>'


def _up(share: float) -> float:
    return round(10 + (1 - share) * (_HEIGHT - 10), 1)
