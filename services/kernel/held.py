"""Which further entities an event has, held by the first stage until the event's label can be sent to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from services.contracts.entries import Changes, Entries, table_of, told
from services.contracts.pipeline import ChainEntity
from services.contracts.watermark import Watermark

_WATERMARK, _KEYS = b"w", b"k"

Keys = tuple[str, ...]
"""Keys of the entities after the first, in the order of the chain; an empty text where the event has none."""


class HeldKeys:
    """Keys of the events of a partition. maturity: how long after its event time one is held, in microseconds.

    Dropped in the order in which they came, once the watermark has passed that.
    """

    __slots__ = ("_told", "_touched", "events", "maturity", "watermark")

    def __init__(self, maturity: int) -> None:
        self.maturity = maturity
        self.watermark = Watermark()
        self.events: dict[str, tuple[int, Keys]] = {}
        self._told = self.watermark
        self._touched: set[str] = set()

    def __len__(self) -> int:
        return len(self.events)

    def is_held(self, event_time: int, watermark: Watermark) -> bool:
        """Whether labels of an event of this time are still sent on."""
        return watermark.value is None or event_time + self.maturity > watermark.value

    def apply(self, draft: "HeldDraft") -> None:
        """Make a change."""
        self.watermark = draft.watermark
        for event_id, entry in draft.added.items():
            # one that comes again goes to the end, as if it had been dropped before
            self.events.pop(event_id, None)
            self.events[event_id] = entry
        expired = []
        for event_id, (event_time, _) in self.events.items():
            if self.is_held(event_time, self.watermark):
                break
            expired.append(event_id)
        for event_id in expired:
            del self.events[event_id]
        self._touched.update(draft.added, expired)

    def changes(self) -> Changes:
        """What differs from what was told before."""
        if self.watermark is self._told:
            return {}
        head, keys = {None: self.watermark.to_list()}, told(_KEYS, self._touched, self.events)
        self._told, self._touched = self.watermark, set()
        return {**told(_WATERMARK, head, head), **keys}

    @classmethod
    def load(cls, maturity: int, entries: Entries) -> Self:
        """What told these entries; keys in the order of their events' times, whatever the order in which they came."""
        held = cls(maturity)
        for plain in table_of(entries, _WATERMARK).values():
            held.watermark = held._told = Watermark.from_list(plain)
        events = table_of(entries, _KEYS)
        held.events = dict(sorted(events.items(), key=lambda one: one[1][0]))
        return held


class HeldDraft:
    """The change that a batch makes, record by record; the held keys stay as they are until `apply`."""

    __slots__ = ("_held", "added", "watermark")

    def __init__(self, held: HeldKeys) -> None:
        self._held = held
        self.watermark = held.watermark.copy()
        self.added: dict[str, tuple[int, Keys]] = {}

    def add(self, event_id: str, event_time: int, keys: Keys) -> None:
        """Hold the keys of the next event."""
        self.added.pop(event_id, None)
        self.added[event_id] = event_time, keys
        self.watermark.update_event(event_time)

    def pass_time(self, time: int) -> None:
        """Take in a tick."""
        self.watermark.update_tick(time)

    def keys_of(self, event_id: str) -> Keys | None:
        """Keys of a label's event, None if it hasn't come or is no longer held."""
        entry = self.added.get(event_id) or self._held.events.get(event_id)
        return entry[1] if entry is not None and self._held.is_held(entry[0], self.watermark) else None


def key_in(payload: Mapping[str, Any], field: str) -> str:
    """A key as text, empty where there is none."""
    value = payload.get(field)
    return "" if value is None else str(value)


def keys_in(payload: Mapping[str, Any], entities: Sequence[ChainEntity]) -> Keys:
    """The keys of some entities."""
    return tuple(key_in(payload, entity.field) for entity in entities)
