"""What a feature is, in words, with its precision and its memory."""

from dataclasses import dataclass

from services.kernel.aggregate import WINDOWED
from services.kernel.definition import FeatureDefinition, aggregate_of
from services.kernel.parts import RowPart, tiles_of

_OF = {
    "distinct": "number of different values",
    "rate": "number a second",
    "last": "last by time",
    "time_since_last": "seconds since the last",
}
_UNITS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000))


@dataclass(frozen=True, slots=True)
class FeatureDescription:
    """One feature, for people.

    text: its definition. short: the same but for window, half-life, and that the event itself is excluded. over: window
    or half-life, in words. tile: width in microseconds of the tiles of its window, the step by which the window's start
    moves; None without a window. tiles: how many cover the window. memory: name of the part of an entity's row that
    it reads, bytes: size of that part; features with the same memory share it.
    """

    name: str
    text: str
    short: str
    over: str | None
    tile: int | None
    tiles: int
    memory: str
    bytes: int


def describe(definition: FeatureDefinition, part: RowPart) -> FeatureDescription:
    """The description of a feature that reads this part."""
    tile, tiles = tiles_of(part.window) if part.part in WINDOWED else (0, 0)
    what = f"{part.source}.{part.value}" if part.value is not None else part.source
    length = part.window if part.window is not None else part.half_life
    window = f" {duration(length)}" if length is not None else ""
    over = window.strip() if definition.half_life is None else f"half-life{window}"
    return FeatureDescription(
        name=definition.name,
        text=_text(definition, what),
        short=_short(definition, what),
        over=over or None,
        tile=tile or None,
        tiles=tiles,
        memory=f"{part.part} {what}{window}",
        bytes=part.bytes,
    )


def _text(definition: FeatureDefinition, what: str) -> str:
    text = _what(definition, what)
    if definition.half_life is not None:
        text += f", each with a weight that halves every {duration(definition.half_life)}"
    elif aggregate_of(definition).part in WINDOWED:
        text += f" {_span(definition.window)}"
    if definition.smooth:
        text += f", drawn towards {definition.prior:g} with the weight of {definition.smooth:g} values"
    if definition.source == "events":
        text += ", the event itself " + ("included" if definition.current else "excluded")
    return text


def _short(definition: FeatureDefinition, what: str) -> str:
    smoothed = f", drawn to {definition.prior:g} by {definition.smooth:g}" if definition.smooth else ""
    return _what(definition, what) + smoothed + (", itself included" if definition.current else "")


def _what(definition: FeatureDefinition, what: str) -> str:
    if definition.agg == "lag":
        return f"value {definition.lag} back of {what}"
    return f"{_OF.get(definition.agg, definition.agg)} of {what}"


def _span(window: int | None) -> str:
    if window is None:
        return "over the whole past"
    return f"over (t - {duration(window)}, t] in {tiles_of(window)[1]} tiles of {duration(tiles_of(window)[0])}"


def duration(length: int) -> str:
    """Microseconds as text in the largest unit that divides them: `28d`, `90m`, `1500us`."""
    return next((f"{length // size}{unit}" for unit, size in _UNITS if length % size == 0), f"{length}us")
