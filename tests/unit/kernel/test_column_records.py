"""Columns give what records give, bit for bit, whatever the batches."""

from dataclasses import replace

import numpy as np
import pytest

from services.kernel.columns import columns_of
from services.kernel.computer import ColumnRecords, FeatureComputer, Records
from services.kernel.tables import NO_KEY
from tests.entries import entries_of
from tests.unit.features.scene import chained

MINUTE = 60_000_000


def orders(seed: int, count: int, width: int, without: str | None) -> Records:
    """Orders and returns of three entities; some orders have none if `without` says how that is written."""
    rng = np.random.default_rng(seed)
    kinds = (rng.random(count) < 0.3).astype(np.int8)
    keys = [f"k{number}" for number in rng.integers(0, 3, count)]
    if without is not None:
        keys = [
            without if lost and not label else key
            for key, lost, label in zip(keys, rng.random(count) < 0.3, kinds, strict=True)
        ]
    times = np.cumsum(rng.integers(0, 40 * MINUTE, count))
    events = [
        {"amount": float(rng.gamma(2, 10)), "kind": rng.choice(["a", "b"]), "area": 7, "rider": None, "shop": key}
        for key, label in zip(keys, kinds, strict=True)
        if not label
    ]
    labels = [{"returned": bool(rng.random() < 0.5)} for _ in range(int(kinds.sum()))]
    earlier = rng.random((len(events), width), np.float32) if width else None
    return Records(keys, kinds, times, events, labels, earlier)


def as_columns(computer: FeatureComputer, records: Records) -> ColumnRecords:
    keys = tuple(dict.fromkeys(key for key in records.keys if key))
    places = {key: place for place, key in enumerate(keys)}
    return ColumnRecords(
        keys,
        np.array([places.get(key, NO_KEY) for key in records.keys], np.int64),
        records.kinds,
        records.times,
        columns_of(records.events, computer.event_fields, computer.kinds),
        columns_of(records.labels, computer.label_fields, computer.label_kinds),
        records.earlier,
    )


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("count", [0, 1, 400])
def test_columns_give_the_numbers_and_rows_of_records(place: int, count: int) -> None:
    computer = FeatureComputer(chained(), place)
    first = orders(place, count, computer.earlier, "" if place else None)
    by_record, by_column = computer.new_state(), computer.new_state()
    for records in (first, replace(first, times=first.times + int(first.times[-1:].sum()))):
        computed = computer.compute(by_record, records)
        found = computer.compute_columns(by_column, as_columns(computer, records))
        assert found.numbers.tobytes() == computed.numbers.tobytes()
        by_record.scatter(computed.staged)
        by_column.scatter(found.staged)
    assert entries_of(by_column) == entries_of(by_record)
