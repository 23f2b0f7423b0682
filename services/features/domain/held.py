"""Which further entities an event has, held by the first stage until the event's label can be sent to them."""

from typing import Self

import msgpack

from services.contracts.watermark import Watermark

Keys = tuple[str, ...]
"""Keys of the entities after the first, in the order of the chain; an empty text where the event has none."""


class HeldKeys:
    """Keys of the events of a partition. maturity: how long after its event time one is held, in microseconds.

    Dropped in the order in which they came, once the watermark has passed that.
    """

    __slots__ = ("events", "maturity", "watermark")

    def __init__(self, maturity: int) -> None:
        self.maturity = maturity
        self.watermark = Watermark()
        self.events: dict[str, tuple[int, Keys]] = {}

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

    def to_bytes(self) -> bytes:
        """Everything as msgpack."""
        events = [(event_id, time, *keys) for event_id, (time, keys) in self.events.items()]
        packed: bytes = msgpack.packb([self.watermark.to_list(), events])
        return packed

    @classmethod
    def from_bytes(cls, maturity: int, data: bytes) -> Self:
        """What `to_bytes` gave."""
        watermark, events = msgpack.unpackb(data, use_list=False)
        held = cls(maturity)
        held.watermark = Watermark.from_list(watermark)
        held.events = {event_id: (time, tuple(keys)) for event_id, time, *keys in events}
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
