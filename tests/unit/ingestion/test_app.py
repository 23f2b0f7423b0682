"""Streams are read into records of their pipelines."""

from pathlib import Path

import numpy as np
import pytest

from services.contracts.pipeline import Pipeline, load
from services.ingestion.app import Order, read_stream
from services.ingestion.step import Row, Stream

PIPELINES = Path(__file__).parents[3] / "pipelines"


def _payments(**options: str) -> Order:
    small = {"events": "2000", "days": "30", "drift": "15"} | options
    return Order(source=PIPELINES / "payments" / "source.py", options=small)


def _events(stream: Stream) -> list[Row]:
    return stream.events.take(np.arange(len(stream.events)))


def _labels(stream: Stream) -> list[Row]:
    return stream.labels.take(np.arange(len(stream.labels)))


def test_equal_seeds_make_equal_streams_and_others_do_not() -> None:
    pipeline = load(PIPELINES / "payments")
    first, second = read_stream(pipeline, _payments()), read_stream(pipeline, _payments())
    assert _events(first) == _events(second)
    assert _labels(first) == _labels(second)
    other = Order(source=PIPELINES / "payments" / "source.py", seed=8, options=_payments().options)
    assert _events(read_stream(pipeline, other)) != _events(first)


def test_payments_have_the_asked_for_size_share_of_fraud_and_labels_a_week_later() -> None:
    stream = read_stream(load(PIPELINES / "payments"), _payments(fraud="0.05"))
    assert len(stream.events) == len(stream.labels) == 2000
    assert sum(label["is_fraud"] for label in _labels(stream)) == 100
    assert len({event["payment_id"] for event in _events(stream)}) == 2000
    week = 7 * 86_400_000_000
    pairs = zip(_events(stream), _labels(stream), strict=True)
    assert all(label["known_at"] - event["paid_at"] == week for event, label in pairs)
    assert all(event["amount"] > 0 for event in _events(stream))


def test_without_drift_fraud_stays_dear() -> None:
    pipeline = load(PIPELINES / "payments")
    drifting, steady = (_late_fraud(read_stream(pipeline, _payments(drift=day, fraud="0.1"))) for day in ("15", "none"))
    assert drifting < 0.5 * steady


def _late_fraud(stream: Stream) -> float:
    """Mean amount of the stolen payments in the second half."""
    events, labels = _events(stream), _labels(stream)
    half = len(events) // 2
    stolen = [e["amount"] for e, j in zip(events[half:], labels[half:], strict=True) if j["is_fraud"]]
    return float(sum(stolen) / len(stolen))


@pytest.mark.parametrize("options", [{"events": "5"}, {"fraud": "0.9"}, {"drift": "-1"}, {"events": "many"}])
def test_options_that_make_no_story_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"expected|invalid"):
        read_stream(load(PIPELINES / "payments"), _payments(**options))


def test_labels_of_a_file_get_the_keys_that_their_answers_would_have_given_them(tmp_path: Path) -> None:
    texts = dict(load(PIPELINES / "payments").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(
        "schema: label.avsc", "schema: label.avsc\n  join: label_key"
    )
    texts["label.avsc"] = texts["label.avsc"].replace('"customer_id"', '"label_key"')
    pipeline = Pipeline.from_texts(texts)
    events, labels = tmp_path / "events.csv", tmp_path / "labels.csv"
    events.write_text(
        "payment_id,paid_at,customer_id,amount\np1,2025-01-01T00:00:00Z,007,12.5\np2,2025-01-02T00:00:00Z,8,1\n"
    )
    told = ",true,2025-01-08T00:00:00Z,analyst\n"
    labels.write_text(f"payment_id,is_fraud,known_at,source\np2{told}p1{told}")
    stream = read_stream(pipeline, Order(data=events, labels=labels))
    assert [label["label_key"] for label in _labels(stream)] == stream.label_keys == ["8", "007"]
    labels.write_text(f"payment_id,label_key,is_fraud,known_at,source\np3,9{told}")
    assert read_stream(pipeline, Order(data=events, labels=labels)).label_keys == ["9"]
    assert len(read_stream(pipeline, Order(data=events)).labels) == 0


def test_files_are_read_by_their_name(tmp_path: Path) -> None:
    events = tmp_path / "payments.csv"
    events.write_text("payment_id,paid_at,customer_id,amount\np1,2025-01-01T00:00:00Z,007,12.5\n")
    labels = tmp_path / "labels.jsonl"
    labels.write_text(
        '{"payment_id":"p1","customer_id":"007","is_fraud":true,"known_at":"2025-01-08T00:00:00Z","source":"analyst"}\n'
    )
    stream = read_stream(load(PIPELINES / "payments"), Order(data=events, labels=labels))
    (event,), (label,) = _events(stream), _labels(stream)
    assert event | {"amount": 12.5, "customer_id": "007", "mcc": None} == event
    assert label["is_fraud"] is True
    assert stream.label_keys == ["007"]
    assert stream.order.is_label.tolist() == [False, True]


def test_a_missing_file_and_a_foreign_one_are_named(tmp_path: Path) -> None:
    pipeline = load(PIPELINES / "payments")
    with pytest.raises(ValueError, match="there is no file"):
        read_stream(pipeline, Order(data=tmp_path / "absent.csv"))
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ValueError, match=r"notes\.txt is none of"):
        read_stream(pipeline, Order(data=tmp_path / "notes.txt"))
    with pytest.raises(ValueError, match="name what to replay"):
        read_stream(pipeline, Order())
