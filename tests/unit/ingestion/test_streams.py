"""The real streams come into their pipelines' records whole, and no event holds its own truth."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.contracts.pipeline import load
from services.contracts.reference import reference_to
from services.ingestion.app import Order, read_stream
from services.ingestion.domain.rows import Rows
from services.ingestion.step import Row, Stream

PIPELINES = Path(__file__).parents[3] / "pipelines"


def _read(name: str, data: Path, **options: str) -> Stream:
    return read_stream(load(PIPELINES / name), Order(source=PIPELINES / name / "source.py", data=data, options=options))


def _all(stream: Stream) -> tuple[list[Row], list[Row]]:
    events, labels = (table.take(np.arange(len(table))) for table in (stream.events, stream.labels))
    return events, labels


def _columns(stream: Stream, of_events: str, of_labels: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A field of all events, and one of all labels: far fewer objects than the rows."""
    assert isinstance(stream.events, Rows)
    assert isinstance(stream.labels, Rows)
    return stream.events.column(of_events).to_numpy(), stream.labels.column(of_labels).to_numpy()


def test_electricity_has_every_half_hour_and_the_price_only_in_the_label(test_data: Path) -> None:
    stream = _read("electricity", test_data / "elec2" / "elec2.csv.gz")
    assert len(stream.events) == len(stream.labels) == 45_312
    (first,) = stream.events.take(np.arange(1))
    assert "price" not in " ".join(first).replace("vicprice", "")
    read, known = _columns(stream, "read_at", "known_at")
    assert set((known - read).tolist()) == {30 * 60 * 1_000_000}
    assert _columns(stream, "read_at", "up")[1].mean() == pytest.approx(0.4245, abs=1e-3)


def test_flights_have_landed_when_their_delay_is_known(test_data: Path) -> None:
    stream = _read("flights", test_data / "hflights" / "hflights.csv.gz")
    assert len(stream.events) == len(stream.labels) == 223_874
    times, late = _columns(stream, "scheduled_at", "late")
    assert late.mean() == pytest.approx(0.198, abs=1e-3)
    waits = _columns(stream, "scheduled_at", "landed_at")[1] - times
    assert waits.min() >= 0
    assert np.median(waits) / 60_000_000 == pytest.approx(134, abs=1)
    assert (np.diff(times) >= 0).all()


def test_the_public_payments_leave_out_what_they_do_not_know(test_data: Path) -> None:
    stream = _read("payments", test_data / "fraud" / "fraud_12w.csv.gz", events="5000")
    events, labels = _all(stream)
    assert len(events) == 5000
    assert events[0]["country"] is events[0]["card_number"] is None
    assert stream.event_keys[0].startswith("c")
    known = {label["known_at"] - event["paid_at"] for event, label in zip(events, labels, strict=True)}
    assert known == {7 * 86_400_000_000}


@pytest.mark.parametrize("name", ["electricity", "flights"])
def test_a_real_stream_without_its_file_says_so(name: str) -> None:
    with pytest.raises(ValueError, match="--data"):
        read_stream(load(PIPELINES / name), Order(source=PIPELINES / name / "source.py"))


def test_bikes_have_every_hour_and_the_same_hour_of_the_week_is_one_slot(test_data: Path) -> None:
    stream = _read("bikes", test_data / "bike_sharing" / "bike_hour.csv.gz")
    assert len(stream.events) == len(stream.labels) == 17_379
    begun, known = _columns(stream, "begun_at", "known_at")
    assert set((known - begun).tolist()) == {3600 * 1_000_000}
    slots, counts = _columns(stream, "week_hour", "count")
    assert len(set(slots.tolist())) == 168
    assert counts.mean() == pytest.approx(189.46, abs=0.01)


def test_generated_bikes_are_the_same_for_a_seed_and_tell_their_drift_by_habits_alone() -> None:
    def counts(**options: str) -> NDArray[np.int64]:
        order = Order(source=PIPELINES / "bikes" / "source.py", seed=3, options={"events": "1200", **options})
        return _columns(read_stream(load(PIPELINES / "bikes"), order), "begun_at", "count")[1]

    assert (counts() == counts(drift="none")).all()
    changed = counts(drift="20")
    assert (changed[: 20 * 24] == counts()[: 20 * 24]).all()
    assert np.abs(changed[20 * 24 :] - counts()[20 * 24 :]).mean() > 20
    with pytest.raises(ValueError, match="events ≥ 24"):
        counts(events="3")


def _photos(data: Path | None = None, **options: str) -> tuple[list[bytes], Stream]:
    """The pictures in their order, and the stream that refers to them."""
    stored = list[bytes]()

    def put(image: bytes) -> str:
        stored.append(image)
        return reference_to(image)

    source = PIPELINES / "vehicles" / "source.py"
    stream = read_stream(load(PIPELINES / "vehicles"), Order(source, data, seed=3, options=options), put)
    return stored, stream


def _light(images: list[bytes]) -> NDArray[np.float64]:
    return np.array([np.asarray(Image.open(BytesIO(image)), float).mean() for image in images])


def test_pictures_are_stored_and_events_refer_to_them() -> None:
    stored, stream = _photos(events="400")
    events, labels = _all(stream)
    assert [event["image"] for event in events] == [reference_to(image) for image in stored]
    assert (np.diff([event["taken_at"] for event in events]) >= 0).all()
    assert {label["vehicle"] for label in labels} == {"airplane", "automobile", "ship", "truck"}
    assert all(label["is_aircraft"] == (label["vehicle"] == "airplane") for label in labels)
    waits = np.subtract([label["known_at"] for label in labels], [event["taken_at"] for event in events]) / 3600e6
    assert 0 < waits.min() < waits.max() <= 20
    assert _photos(events="400")[0] == stored


def test_the_scene_darkens_on_the_day_of_the_drift_and_nothing_else_changes() -> None:
    steady, darkening = (_photos(events="400", drift=day)[0] for day in ("none", "1"))
    dark = np.array([one != other for one, other in zip(steady, darkening, strict=True)])
    assert 150 < dark.argmax() < 230
    assert dark[dark.argmax() :].all()
    ratio = _light(darkening)[dark] / _light(steady)[dark]
    assert np.allclose(ratio, 0.4, atol=0.02)
    with pytest.raises(ValueError, match="events ≥ 1"):
        _photos(events="0")


def test_real_pictures_are_all_there(test_data: Path) -> None:
    stored, stream = _photos(test_data / "vehicles" / "cifar10_vehicles.tar", drift="none")
    assert len(stream.events) == len(stream.labels) == len(set(stored)) == 7_600
    assert _columns(stream, "taken_at", "is_aircraft")[1].mean() == 0.25
