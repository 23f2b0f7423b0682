"""What a feature is, in words, with its precision and its memory."""

from dataclasses import dataclass

from services.kernel.aggregate import WINDOWED
from services.kernel.definition import FeatureDefinition
from services.kernel.parts import RowPart, tiles_of

_OF = {"distinct": "number of different values", "rate": "number a second"}
_UNITS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000))


@dataclass(frozen=True, slots=True)
class FeatureDescription:
    """One feature, for people.

    text: its definition. tile: width in microseconds of the tiles of its window, the step by which the window's start
    moves; None without a window. tiles: how many cover the window. memory: name of the part of an entity's row that
    it reads, bytes: size of that part; features with the same memory share it.
    """

    name: str
    text: str
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
    return FeatureDescription(
        name=definition.name,
        text=_text(definition, what),
        tile=tile or None,
        tiles=tiles,
        memory=f"{part.part} {what}{window}",
        bytes=part.bytes,
    )


def _text(definition: FeatureDefinition, what: str) -> str:
    if definition.agg == "time_since_last":
        text = f"seconds since the last of {what}"
    elif definition.agg == "lag":
        text = f"value {definition.lag} back of {what}"
    elif definition.agg == "last":
        text = f"last by time of {what}"
    elif definition.half_life is not None:
        text = f"{definition.agg} of {what}, each with a weight that halves every {duration(definition.half_life)}"
    else:
        text = f"{_OF.get(definition.agg, definition.agg)} of {what} {_span(definition.window)}"
    if definition.smooth:
        text += f", drawn towards {definition.prior:g} with the weight of {definition.smooth:g} values"
    if definition.source == "events":
        text += ", the event itself " + ("included" if definition.current else "excluded")
    return text


def _span(window: int | None) -> str:
    if window is None:
        return "over the whole past"
    return f"over (t - {duration(window)}, t] in {tiles_of(window)[1]} tiles of {duration(tiles_of(window)[0])}"


def duration(length: int) -> str:
    """Microseconds as text in the largest unit that divides them: `28d`, `90m`, `1500us`."""
    return next((f"{length // size}{unit}" for unit, size in _UNITS if length % size == 0), f"{length}us")
