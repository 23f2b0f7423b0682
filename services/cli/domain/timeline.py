"""A plot of values over time, a line for each name."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from services.cli.domain.moment import moment
from services.contracts.page import drawing

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 900, 240, 60, 12, 190
_RIGHT = 880
_COLOURS = ("#0969da", "#cf222e", "#1a7f37", "#9a6700", "#8250df", "#57606a")
_NAME = 9
"""Pixels of a letter of the legend."""

Points = Sequence[tuple[int, float]]


def timeline(series: Mapping[str, Points]) -> str:
    """An SVG. series: by name, each in the order of time, in microseconds; one point at least."""
    times = [time for points in series.values() for time, _ in points]
    values = [value for points in series.values() for _, value in points]
    first, last, low, high = min(times), max(times), min(0.0, *values), max(values)

    def x(time: int) -> float:
        return round(_LEFT + (time - first) / ((last - first) or 1) * (_RIGHT - _LEFT), 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (value - low) / ((high - low) or 1.0) * (_BOTTOM - _TOP), 1)

    parts = [f'<line x1="{_LEFT}" y1="{y(low)}" x2="{_RIGHT}" y2="{y(low)}" stroke="#8c959f"/>']
    for value in dict.fromkeys((low, high)):
        parts.append(f'<text x="{_LEFT - 6}" y="{y(value) + 4}" text-anchor="end">{value:.3g}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_BOTTOM + 18}">{_short(first)}</text>')
    if last > first:
        parts.append(f'<text x="{_RIGHT}" y="{_BOTTOM + 18}" text-anchor="end">{_short(last)}</text>')
    for number, (name, points) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(x(time), y(value)) for time, value in points]
        line = " ".join(f"{across},{up}" for across, up in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for (across, up), (time, value) in zip(places, points, strict=True):
            told = f"<title>{escape(name)}, {_short(time)}: {value:.4g}</title>"
            parts.append(f'<circle cx="{across}" cy="{up}" r="2.5" fill="{colour}">{told}</circle>')
    return drawing(_WIDTH, _HEIGHT, [*parts, *_legend(list(series))])


def _legend(names: Sequence[str]) -> Iterator[str]:
    """As many as there is room for."""
    at = _LEFT
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        yield f'<rect x="{at}" y="{_BOTTOM + 32}" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{at + 15}" y="{_BOTTOM + 41}">{escape(name)}</text>'
        at += 35 + _NAME * len(name)


def _short(time: int) -> str:
    return (moment(time) or "")[:16].replace("T", " ")
