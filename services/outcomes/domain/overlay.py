"""Changes to a mapping, seen through it but kept apart until they are applied."""

from collections.abc import Mapping, MutableMapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Overlay(Generic[K, V]):
    """Reads fall through to `base`, which is never written; `write_to` makes the changes."""

    __slots__ = ("_base", "_changed", "_removed")

    def __init__(self, base: Mapping[K, V]) -> None:
        self._base = base
        self._changed: dict[K, V] = {}
        self._removed: set[K] = set()

    def get(self, key: K) -> V | None:
        """The value of a key, or None."""
        if key in self._changed:
            return self._changed[key]
        return None if key in self._removed else self._base.get(key)

    def update(self, key: K, value: V) -> None:
        """Set the value of a key."""
        self._changed[key] = value

    def remove(self, key: K) -> None:
        """Take a key out; nothing happens if it isn't there."""
        self._changed.pop(key, None)
        if key in self._base:
            self._removed.add(key)

    @property
    def touched(self) -> set[K]:
        """Keys that were set or taken out."""
        return self._removed | self._changed.keys()

    def write_to(self, target: MutableMapping[K, V]) -> None:
        """Make the changes in `target`; a key removed and set again goes to the end, as in a dict."""
        for key in self._removed:
            target.pop(key, None)
        target.update(self._changed)
