"""A decoded record as people read it: features by name, bytes as text or JSON, times as ISO 8601."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from services.cli.domain.moment import iso

_TIMES = frozenset(
    {
        *("event_time", "appended_at", "known_at", "label_time", "clock", "time", "watermark", "matured_time", "until"),
        *("change_point", "change_low", "change_high", "window_start", "window_end", "from_time", "to_time"),
    }
)
_NAMED = ("numbers", "categories")


def readable(value: Mapping[str, Any], numbers: Sequence[str], categories: Sequence[str]) -> dict[str, Any]:
    """numbers, categories: names of the features of a vector, in their order; `features` holds them by name."""
    shown = {name: _plain(name, part) for name, part in value.items() if name not in _NAMED}
    if "numbers" in value:
        shown["features"] = _features(value, numbers, categories)
    return shown


def _features(value: Mapping[str, Any], numbers: Sequence[str], categories: Sequence[str]) -> dict[str, Any]:
    packed = value["numbers"]
    unpacked = struct.unpack(f"<{len(packed) // 4}f", packed)
    if len(unpacked) != len(numbers):
        return {"unnamed": list(unpacked), "categories": list(value["categories"])}
    return dict(zip(numbers, unpacked, strict=True)) | dict(zip(categories, value["categories"], strict=False))


def _plain(name: str, part: Any) -> Any:
    if isinstance(part, bytes):
        return _from_bytes(part)
    if name in _TIMES and isinstance(part, int):
        return iso(part)
    if isinstance(part, Mapping):
        return {key: _plain(key, inner) for key, inner in part.items()}
    if isinstance(part, list | tuple):
        return [_plain("", inner) for inner in part]
    return part


def _from_bytes(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return data.hex() if len(data) <= 64 else f"{data[:32].hex()}… ({len(data)} bytes)"
