"""Points and entries to store."""

from dataclasses import replace
from random import Random
from typing import Any

from services.chassis.origin import Origin, Point

ORIGIN = Origin("cluster", {"events": "topic-1"}, 0, "digest")


def point(offset: int, **changes: Any) -> Point:
    """A point of the origin, or of one with changes."""
    return Point(replace(ORIGIN, **changes), {"events": offset})


def entries(count: int, seed: int = 0) -> dict[bytes, bytes]:
    """Entries that don't compress."""
    chance = Random(seed)
    return {b"e%06d" % number: chance.randbytes(100) for number in range(count)}
