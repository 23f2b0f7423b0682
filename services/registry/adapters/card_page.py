"""A model card as a page: its Markdown, and plots of what was recorded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.contracts import page as pages

Facts = Mapping[str, Any]
_SIDE, _MARGIN = 260, 34
_TRUTHS = {"positive_rate": "share of positives", "right_rate": "share of right decisions", "label": "mean label"}
"""What scores are shown beside, of two classes, of several, and of numbers."""


def page(markdown: str, manifest: Facts) -> str:
    """One HTML file that needs no other. The same facts give the same bytes."""
    return pages.page(markdown, _plots(manifest))


def _plots(manifest: Facts) -> Iterator[tuple[str, str]]:
    """Of versions from before something was recorded: nothing."""
    bins = manifest["measured"].get("reliability")
    if bins and any(truth in bins[0] for truth in _TRUTHS):
        yield "Scores beside what came true", _reliability(bins)
    if losses := [one for one in manifest.get("importance", ()) if one["value"] is not None]:
        yield "What is lost when an input is shuffled", pages.bars(losses)
    if losses := [_lost(one) for one in manifest.get("robustness", ()) if one["loss"] is not None]:
        yield "What is lost when an input is missing", pages.bars(losses)


def _lost(one: Facts) -> Facts:
    return {"input": one["input"], "value": one["loss"]}


def _reliability(bins: Sequence[Facts]) -> str:
    """A point for each bin, its area by the rows in it; on the diagonal scores are right.

    Probabilities lie between 0 and 1, numbers between the least and the greatest there are.
    """
    truth, words = next(one for one in _TRUTHS.items() if one[0] in bins[0])
    ends = [one[name] for one in bins for name in ("score", truth)]
    low, high = (0.0, 1.0) if truth != "label" else (min(ends), max(ends))
    scale = (high - low) or 1.0
    most = max(one["rows"] for one in bins)
    left, right, top, bottom = _along(0), _along(1), _up(1), _up(0)
    parts = [
        f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#d0d7de"/>',
        f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{top}" stroke="#8c959f" stroke-dasharray="4"/>',
        f'<text x="{_along(0.5)}" y="{bottom + 32}" text-anchor="middle">mean score</text>',
        f'<text x="{right + 8}" y="{top + 12}">{words}</text>',
    ]
    for one in bins:
        place = f'cx="{_along((one["score"] - low) / scale)}" cy="{_up((one[truth] - low) / scale)}"'
        size = 3 + 9 * (one["rows"] / most) ** 0.5
        told = f"<title>{one['rows']:,} rows</title>"
        parts.append(f'<circle {place} r="{size:.1f}" fill="#0969da" fill-opacity=".6">{told}</circle>')
    for at in (0, 0.5, 1):
        shown = f"{low + at * scale:.3g}"
        parts.append(f'<text x="{_along(at)}" y="{bottom + 16}" text-anchor="middle">{shown}</text>')
        parts.append(f'<text x="{left - 6}" y="{_up(at) + 4}" text-anchor="end">{shown}</text>')
    return pages.drawing(_SIDE + 2 * _MARGIN + 180, _SIDE + 2 * _MARGIN + 8, parts)


def _along(share: float) -> float:
    return round(_MARGIN + share * _SIDE, 1)


def _up(share: float) -> float:
    return round(10 + (1 - share) * _SIDE, 1)
