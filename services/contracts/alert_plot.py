"""The plot that explains an alert: the statistic by window, what it had to stay below, and when it changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from services.contracts.alert_life import Life
from services.contracts.page import drawing

_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 64, 246
_DAY = 86_400_000_000
_COLOURS = {"info": "#0969da", "warning": "#bf8700", "critical": "#cf222e"}


@dataclass(frozen=True, slots=True)
class _Scale:
    """Places of times and values on the drawing."""

    first: int
    last: int
    low: float
    high: float

    def x(self, time: int) -> float:
        inside = min(max(time, self.first), self.last)
        return round(_LEFT + (inside - self.first) / ((self.last - self.first) or 1) * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        return round(_BOTTOM - (value - self.low) / ((self.high - self.low) or 1.0) * (_BOTTOM - _TOP), 1)


def plot(life: Life) -> str:
    """An SVG of an alert of which the statistic by window is known, empty text of one of which it isn't.

    The same life gives the same bytes.
    """
    points = sorted(dict(life.points).items())
    if not points:
        return ""
    scale = _scale(life, points)
    parts = [
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/><g font-family="sans-serif" font-size="12">',
        *_heading(life),
        *_change(life, scale),
        *_axes(scale, points),
        *_limits(life, scale),
        *_series(points, scale),
        *_marks(life, scale),
        "</g>",
    ]
    # a file of its own needs the name space, which a page doesn't
    return drawing(_WIDTH, _HEIGHT, parts).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _scale(life: Life, points: Sequence[tuple[int, float]]) -> _Scale:
    level, change = life.raised["level"], life.raised["change_low"]
    values = [*(value for _, value in points), float(life.raised["threshold"]), *([] if level is None else [level])]
    low, high = min(values), max(values)
    room = 0.08 * (high - low or abs(high) or 1.0)
    times = [*(end for end, _ in points), *([] if change is None else [int(change)])]
    return _Scale(min(times), max(times), 0.0 if low >= 0 and low < high / 2 else low - room, high + room)


def _heading(life: Life) -> Iterator[str]:
    raised = life.raised
    title = f"{raised['kind']} · {raised['name']}" + (f" · {raised['version']}" if raised["version"] else "")
    colour = _COLOURS[life.severity]
    yield f'<text x="{_LEFT}" y="22" font-size="15" font-weight="bold">{escape(title)}</text>'
    state = f"{life.severity}, {life.state}"
    yield f'<text x="{_WIDTH - _RIGHT}" y="22" text-anchor="end" fill="{colour}">{escape(state)}</text>'
    yield f'<text x="{_LEFT}" y="42" fill="#57606a">{escape(_cut(str(raised["message"])))}</text>'


def _change(life: Life, scale: _Scale) -> Iterator[str]:
    """The interval in which the change began is shaded, the estimate a line."""
    low, point, high = (life.raised[name] for name in ("change_low", "change_point", "change_high"))
    if point is None:
        return
    start, end, at = scale.x(int(low)), scale.x(int(high)), scale.x(int(point))
    told = f"<title>The change began between {_date(int(low))} and {_date(int(high))}</title>"
    yield f'<rect x="{start}" y="{_TOP}" width="{max(2.0, end - start):.1f}" height="{_BOTTOM - _TOP}" '
    yield f'fill="#fff8c5">{told}</rect>'
    yield f'<line x1="{at}" y1="{_TOP}" x2="{at}" y2="{_BOTTOM}" stroke="#9a6700" stroke-dasharray="2 3"/>'
    yield f'<text x="{at}" y="{_TOP - 5}" text-anchor="middle" fill="#9a6700">change</text>'


def _axes(scale: _Scale, points: Sequence[tuple[int, float]]) -> Iterator[str]:
    yield f'<line x1="{_LEFT}" y1="{_BOTTOM}" x2="{_WIDTH - _RIGHT}" y2="{_BOTTOM}" stroke="#8c959f"/>'
    yield f'<line x1="{_LEFT}" y1="{_TOP}" x2="{_LEFT}" y2="{_BOTTOM}" stroke="#8c959f"/>'
    for value in (scale.low, (scale.low + scale.high) / 2, scale.high):
        yield f'<text x="{_LEFT - 6}" y="{scale.y(value) + 4}" text-anchor="end">{value:.3g}</text>'
    for time, anchor in ((scale.first, "start"), ((scale.first + scale.last) // 2, "middle"), (scale.last, "end")):
        if time == scale.last or len(points) > 1:
            yield f'<text x="{scale.x(time)}" y="{_BOTTOM + 17}" text-anchor="{anchor}">{_date(time)}</text>'


def _limits(life: Life, scale: _Scale) -> Iterator[str]:
    lines = [("threshold", float(life.raised["threshold"]), "#cf222e", "6 4")]
    if life.raised["level"] is not None:
        lines.append(("usual", float(life.raised["level"]), "#57606a", "1 4"))
    for place, (name, value, colour, dashes) in enumerate(lines):
        y, x = scale.y(value), _LEFT + 150 * place
        yield f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="{colour}" '
        yield f'stroke-dasharray="{dashes}"/>'
        yield f'<line x1="{x}" y1="{_HEIGHT - 14}" x2="{x + 24}" y2="{_HEIGHT - 14}" stroke="{colour}" '
        yield f'stroke-dasharray="{dashes}"/><text x="{x + 30}" y="{_HEIGHT - 10}">{name} {value:.3g}</text>'


def _series(points: Sequence[tuple[int, float]], scale: _Scale) -> Iterator[str]:
    places = " ".join(f"{scale.x(end)},{scale.y(value)}" for end, value in points)
    yield f'<polyline points="{places}" fill="none" stroke="#0969da" stroke-width="1.5"/>'
    for end, value in points:
        told = f"<title>{_date(end)}: {value:.4g}</title>"
        yield f'<circle cx="{scale.x(end)}" cy="{scale.y(value)}" r="3" fill="#0969da">{told}</circle>'


def _marks(life: Life, scale: _Scale) -> Iterator[str]:
    """The windows that raised and cleared it: the last whose statistic was told with it."""
    for name, told in (("raised", life.raised), ("over", life.cleared)):
        if told is None or not told["points"]:
            continue
        end, value = int(told["points"][-1]["window_end"]), float(told["points"][-1]["value"])
        x, colour = scale.x(end), _COLOURS[str(life.raised["severity"])] if name == "raised" else "#1a7f37"
        yield f'<circle cx="{x}" cy="{scale.y(value)}" r="6" fill="none" stroke="{colour}" stroke-width="2"/>'
        anchor = "end" if x > _WIDTH - _RIGHT - 40 else "middle"
        yield f'<text x="{x}" y="{scale.y(value) + 20}" text-anchor="{anchor}" fill="{colour}">{name}</text>'


def _date(time: int) -> str:
    moment = datetime.fromtimestamp(time / 1e6, UTC)
    return moment.strftime("%Y-%m-%d" if time % _DAY == 0 else "%Y-%m-%d %H:%M")


def _cut(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"
