"""Files by which two processes tell each other values, one a line of JSON: one appends, the other reads on."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import orjson

Value: TypeAlias = Mapping[str, Any]


def append(place: Path, values: Iterable[Value]) -> None:
    """Add lines, all of them written when this returns."""
    with place.open("ab") as lines:
        lines.writelines(orjson.dumps(value) + b"\n" for value in values)


class Tail:
    """Reads what is appended to a file, which may come later."""

    def __init__(self, place: Path) -> None:
        self._place, self._taken = place, 0

    def new(self) -> list[Value]:
        """The values since the last call; a line that isn't whole yet is left for the next."""
        if not self._place.exists():
            return []
        with self._place.open("rb") as lines:
            lines.seek(self._taken)
            *whole, _ = lines.read().split(b"\n")
        self._taken += sum(len(line) + 1 for line in whole)
        return [orjson.loads(line) for line in whole]
