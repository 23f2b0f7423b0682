"""Which entity an event or label belongs to, as text: the key of its record."""

import pandas as pd

from services.ingestion.domain.rows import Rows


class NoEntity(ValueError):
    """Labels name neither their entity nor an event of the same replay."""


def event_keys(events: Rows, entity_field: str) -> list[str]:
    """The key of each event."""
    keys: list[str] = events.column(entity_field).astype("str").tolist()
    return keys


def label_keys(labels: Rows, events: Rows, entity_field: str, label_id: str, event_id: str) -> list[str]:
    """The key of each label: its own field of that name, else that of the event it names."""
    if entity_field in labels:
        return event_keys(labels, entity_field)
    owners = pd.Series(event_keys(events, entity_field), index=events.column(event_id))
    named = labels.column(label_id)
    strange = ~named.isin(owners.index)
    if strange.any():
        name = named[strange].iloc[0]
        raise NoEntity(f"a label names event {name}, which is not among the events, and has no entity")
    keys: list[str] = owners[~owners.index.duplicated()].loc[named].tolist()
    return keys
