"""A model card as a page: its Markdown, and plots of what was recorded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.contracts import page as pages

Facts = Mapping[str, Any]
_SIDE, _MARGIN = 260, 34


def page(markdown: str, manifest: Facts) -> str:
    """One HTML file that needs no other. The same facts give the same bytes."""
    return pages.page(markdown, _plots(manifest))


def _plots(manifest: Facts) -> Iterator[tuple[str, str]]:
    """Of versions from before something was recorded: nothing."""
    if bins := manifest["measured"].get("reliability"):
        yield "Scores beside what came true", _reliability(bins)
    if losses := [one for one in manifest.get("importance", ()) if one["value"] is not None]:
        yield "What is lost when an input is shuffled", pages.bars(losses)
    if losses := [_lost(one) for one in manifest.get("robustness", ()) if one["loss"] is not None]:
        yield "What is lost when an input is missing", pages.bars(losses)


def _lost(one: Facts) -> Facts:
    return {"input": one["input"], "value": one["loss"]}


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
    return pages.drawing(_SIDE + 2 * _MARGIN + 180, _SIDE + 2 * _MARGIN + 8, parts)


def _along(share: float) -> float:
    return round(_MARGIN + share * _SIDE, 1)


def _up(share: float) -> float:
    return round(10 + (1 - share) * _SIDE, 1)
