"""Payments of the generator and the truth about each, a week later, as raw records."""

import numpy as np

from services.contracts.pipeline import load
from services.ingestion.app import Order, read_stream
from tests.e2e.stream import Raw
from tests.platform import PAYMENTS


def payments_and_truths(count: int, days: int = 40) -> list[Raw]:
    """Of three hundred payments one has no terminal, and another an amount that breaks a rule."""
    options = {"events": str(count), "days": str(days), "fraud": "0.1"}
    stream = read_stream(load(PAYMENTS), Order(PAYMENTS / "source.py", options=options))
    events, labels = (table.take(np.arange(len(table))) for table in (stream.events, stream.labels))
    for event in events[1::300]:
        event["terminal_id"] = None
    for event in events[2::300]:
        event["amount"] = -1.0
    return [
        Raw(topic, key, kind, value, value[time], value[time])
        for topic, keys, kind, values, time in (
            ("events.raw", stream.event_keys, stream.event_kind, events, "paid_at"),
            ("labels", stream.label_keys, stream.label_kind, labels, "known_at"),
        )
        for key, value in zip(keys, values, strict=True)
    ]
