"""Entries of a state in memory, in the place of a database."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Protocol

from services.contracts.entries import Changes


class Telling(Protocol):
    """What tells its changes: a state, or a part of one."""

    def changes(self) -> Changes: ...


@dataclass
class Shelf:
    """What was told so far. room: as `Entries` has it."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    room: int = 0

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys."""
        return [self.values.get(key) for key in keys]

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Entries under a prefix, in order."""
        return ((key, self.values[key]) for key in sorted(self.values) if key.startswith(prefix))

    def keep(self, changes: Changes) -> "Shelf":
        """Take over what was told."""
        assert b"" not in changes
        self.values.update((key, value) for key, value in changes.items() if value is not None)
        for key in [key for key, value in changes.items() if value is None]:
            self.values.pop(key, None)
        return self


def entries_of(state: Telling) -> dict[bytes, bytes]:
    """All entries of a state that was asked for none before; it isn't changed."""
    return Shelf().keep(deepcopy(state).changes()).values
