"""The real streams come into their pipelines' records whole, and no event holds its own truth."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from services.contracts.pipeline import load
from services.ingestion.app import Order, read_stream
from services.ingestion.step import Row, Stream

PIPELINES = Path(__file__).parents[3] / "pipelines"


class Read(NamedTuple):
    """A whole stream."""

    events: list[Row]
    labels: list[Row]
    event_keys: Sequence[str]


def _all(stream: Stream) -> Read:
    events, labels = (table.take(np.arange(len(table))) for table in (stream.events, stream.labels))
    return Read(events, labels, stream.event_keys)


def _read(name: str, data: Path, **options: str) -> Read:
    order = Order(source=PIPELINES / name / "source.py", data=data, options=options)
    return _all(read_stream(load(PIPELINES / name), order))


def test_electricity_has_every_half_hour_and_the_price_only_in_the_label(test_data: Path) -> None:
    stream = _read("electricity", test_data / "elec2" / "elec2.csv.gz")
    assert len(stream.events) == len(stream.labels) == 45_312
    assert "price" not in " ".join(stream.events[0]).replace("vicprice", "")
    pairs = zip(stream.events, stream.labels, strict=True)
    assert {label["known_at"] - event["read_at"] for event, label in pairs} == {30 * 60 * 1_000_000}
    assert sum(label["up"] for label in stream.labels) / 45_312 == pytest.approx(0.4245, abs=1e-3)


def test_flights_have_landed_when_their_delay_is_known(test_data: Path) -> None:
    stream = _read("flights", test_data / "hflights" / "hflights.csv.gz")
    assert len(stream.events) == len(stream.labels) == 223_874
    assert sum(label["late"] for label in stream.labels) / 223_874 == pytest.approx(0.198, abs=1e-3)
    waits = [
        label["landed_at"] - event["scheduled_at"] for event, label in zip(stream.events, stream.labels, strict=True)
    ]
    assert min(waits) >= 0
    assert sorted(waits)[len(waits) // 2] / 60_000_000 == pytest.approx(134, abs=1)
    times = [event["scheduled_at"] for event in stream.events]
    assert times == sorted(times)


def test_the_public_payments_leave_out_what_they_do_not_know(test_data: Path) -> None:
    stream = _read("payments", test_data / "fraud" / "fraud_12w.csv.gz", events="5000")
    assert len(stream.events) == 5000
    assert stream.events[0]["country"] is stream.events[0]["card_number"] is None
    assert stream.event_keys[0].startswith("c")
    known = {label["known_at"] - event["paid_at"] for event, label in zip(stream.events, stream.labels, strict=True)}
    assert known == {7 * 86_400_000_000}


@pytest.mark.parametrize("name", ["electricity", "flights"])
def test_a_real_stream_without_its_file_says_so(name: str) -> None:
    with pytest.raises(ValueError, match="--data"):
        read_stream(load(PIPELINES / name), Order(source=PIPELINES / name / "source.py"))
