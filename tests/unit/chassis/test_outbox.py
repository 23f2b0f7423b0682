"""Whatever comes in, what goes out fits into Kafka's records."""

import random
from pathlib import Path
from typing import Any

import pytest

from services.chassis import client
from services.chassis.codec import Codec
from services.chassis.outbox import Outbox
from services.contracts.record import Failure, Output, Record
from tests.unit.chassis.scene import VECTOR, context, vector
from tests.unit.validation import scene

LARGEST = 1_000_000
"""`message.max.bytes` of the producer."""


@pytest.fixture
def outbox(codec: Codec, tmp_path: Path) -> Outbox:
    return Outbox("features", context(codec, tmp_path))


def source(headers: tuple[tuple[str, bytes], ...] = (), **changes: Any) -> Record:
    fields: dict[str, Any] = {"raw_key": b"anna", "raw_value": b"raw", "headers": headers} | changes
    return Record("events", 1, 42, 7_000_000, "anna", "driftmill.EventAccepted", {}, **fields)


def made_from(record: Record | None, **changes: Any) -> Output:
    return Output("features", "anna", VECTOR, vector(random.Random(1)) | changes, 1, record)


def letter(codec: Codec, data: bytes | None) -> Any:
    return codec.decode("deadletters.features", data)[1]


def test_an_output_is_encoded_for_its_topic_and_partition(outbox: Outbox, codec: Codec) -> None:
    (record,), dead = outbox.encode([made_from(source())], [])
    assert dead == []
    assert (record.topic, record.partition, record.key) == ("shop.features", 1, b"anna")
    assert codec.decode("features", record.value) == (VECTOR, made_from(None).value)


def test_a_tombstone_has_no_value(outbox: Outbox) -> None:
    (record,), _ = outbox.encode([Output("models", "champion", "driftmill.ModelPublished", None)], [])
    assert record.value is None


def test_tracing_headers_pass_and_others_do_not(outbox: Outbox) -> None:
    headers = (("traceparent", b"00-1-2-01"), ("ce_id", b"x"), ("secret", b"y"), ("tracestate", b"z" * 5_000))
    (record,), _ = outbox.encode([made_from(source(headers))], [])
    assert record.headers == [("traceparent", b"00-1-2-01"), ("ce_id", b"x")]


def test_an_outputs_own_headers_come_on_top(outbox: Outbox) -> None:
    output = Output(
        "features", "a", VECTOR, vector(random.Random(1)), 1, source((("ce_id", b"x"),)), (("ce_id", b"y"),)
    )
    (record,), _ = outbox.encode([output], [])
    assert record.headers == [("ce_id", b"y")]


def test_what_is_too_large_becomes_a_dead_letter_of_its_source(outbox: Outbox, codec: Codec) -> None:
    outputs = [made_from(source(), numbers=b"x" * 900_001), made_from(source())]
    (fits, dead_letter), dead = outbox.encode(outputs, [])
    assert fits.topic == "shop.features"
    assert dead_letter.topic == "shop.deadletters.features"
    assert [failure.reason for failure in dead] == ["too_large"]
    told = letter(codec, dead_letter.value)
    assert (told["source_topic"], told["source_partition"], told["source_offset"]) == ("events", 1, 42)


def test_what_is_too_large_and_comes_from_nothing_is_an_error(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match=VECTOR):
        outbox.encode([made_from(None, numbers=b"x" * 900_001)], [])


def test_a_dead_letter_is_whole_and_named_by_its_position(outbox: Outbox, codec: Codec) -> None:
    record = source((("h", b"1"),), raw_key=b"\xff\x00", raw_value=b"\x00broken")
    (dead_letter,), _ = outbox.encode([], [Failure(record, "undecodable", "why")])
    assert dead_letter.key == b"events/1/42"
    assert letter(codec, dead_letter.value) == {
        "service": "features",
        "reason": "undecodable",
        "detail": "why",
        "source_topic": "events",
        "source_partition": 1,
        "source_offset": 42,
        "appended_at": 7_000_000,
        "raw_key": b"\xff\x00",
        "raw_value": b"\x00broken",
        "raw_headers": {"h": b"1"},
    }


@pytest.mark.parametrize(
    "record",
    [
        source(raw_value=b"x" * 1_000_000),
        source(raw_key=b"x" * 1_000_000),
        source((("h", b"x" * 1_000_000),)),
        source((("h", b"x" * 400_000),), raw_key=b"x" * 400_000, raw_value=b"x" * 400_000),
    ],
)
def test_a_dead_letter_always_fits(outbox: Outbox, codec: Codec, record: Record) -> None:
    (dead_letter,), _ = outbox.encode([], [Failure(record, "failed", "z" * 100_000)])
    assert dead_letter.size <= client.MAX_RECORD_BYTES < LARGEST
    assert "cut" in letter(codec, dead_letter.value)["detail"]


def test_a_tombstone_that_nobody_expected_can_be_a_dead_letter(outbox: Outbox, codec: Codec) -> None:
    (dead_letter,), _ = outbox.encode([], [Failure(source(raw_key=None, raw_value=None), "undecodable", "")])
    assert letter(codec, dead_letter.value)["raw_value"] is None


@pytest.mark.parametrize("length", [10, 1_000_000])
def test_a_dead_letter_shows_no_unmasked_data(codec: Codec, tmp_path: Path, length: int) -> None:
    masking = Outbox("validation", context(codec, tmp_path, scene.pipeline(masked=True)))
    record = Record("events.raw", 0, 1, 0, "", "poison", {}, (("h", b"x" * length),), b"k", b"4111111111111111")
    (dead_letter,), _ = masking.encode([], [Failure(record, "undecodable", "why")])
    assert codec.decode("deadletters.validation", dead_letter.value)[1]["raw_value"] is None
