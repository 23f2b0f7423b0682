"""Which entity an event or label belongs to, as text: the key of its record."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


class NoEntity(ValueError):
    """Labels name neither their entity nor an event of the same replay."""


def event_keys(events: Sequence[Row], entity_field: str) -> list[str]:
    """The key of each event."""
    return [str(event[entity_field]) for event in events]


def label_keys(
    labels: Sequence[Row], events: Sequence[Row], entity_field: str, label_id: str, event_id: str
) -> list[str]:
    """The key of each label: its own field of that name, else that of the event it names."""
    if all(entity_field in label for label in labels):
        return event_keys(labels, entity_field)
    owner = {event[event_id]: str(event[entity_field]) for event in events}
    try:
        return [owner[label[label_id]] for label in labels]
    except KeyError as error:
        raise NoEntity(
            f"a label names event {error.args[0]}, which is not among the events, and has no entity"
        ) from None
