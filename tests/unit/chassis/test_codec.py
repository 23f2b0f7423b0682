"""Every byte string ends as a record or as a PoisonRecord with a reason, and nothing else."""

import copy
import random
import struct
from typing import Any

import fastavro
import pytest

from services.chassis.codec import Codec
from services.chassis.errors import PoisonRecord, TransientError
from services.contracts.record import JSON
from tests.schema_server import SchemaServer
from tests.unit.chassis.scene import EVENT, MICROS, VECTOR, codec_at, vector

MUTANTS = 4_000


def sold(**changes: Any) -> dict[str, Any]:
    return {"id": "a", "at": 1_700_000_000_000, "seen": None, "amount": 1.5} | changes


def written_by(server: SchemaServer, schema: Any, value: Any) -> bytes:
    """A record as a producer of our users would write it, with a schema of its own."""
    return struct.pack(">bI", 0, server.add(schema)) + avro(schema, value)


def avro(schema: Any, value: Any) -> bytes:
    from io import BytesIO

    out = BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(copy.deepcopy(schema)), value)
    return out.getvalue()


def reason_of(codec: Codec, topic: str, data: bytes | None) -> str:
    with pytest.raises(PoisonRecord) as caught:
        codec.decode(topic, data)
    return caught.value.reason


def test_a_record_comes_back_as_it_was(codec: Codec) -> None:
    for seed in range(50):
        value = vector(random.Random(seed))
        assert codec.decode("features", codec.encode("features", VECTOR, value)) == (VECTOR, value)


def test_another_process_reads_it_by_the_id_alone(codec: Codec, server: SchemaServer) -> None:
    value = vector(random.Random(1))
    assert codec_at(server).decode("features", codec.encode("features", VECTOR, value)) == (VECTOR, value)


def mutant(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place] = chance.choice((0x00, 0x7F, 0x80, 0xFF))
            case 2:
                del changed[place:]
            case _:
                changed[place:place] = chance.randbytes(chance.randint(1, 9))
        if not changed:
            break
    return bytes(changed)


def test_mutants_are_records_or_poison(codec: Codec) -> None:
    chance = random.Random(20_26)
    poison, reasons = 0, set()
    for _ in range(MUTANTS):
        data = mutant(codec.encode("features", VECTOR, vector(chance)), chance)
        try:
            kind, value = codec.decode("features", data)
        except PoisonRecord as error:
            reasons.add(error.reason)
            poison += 1
        else:
            assert kind == VECTOR
            assert codec.decode("features", codec.encode("features", kind, value)) == (kind, value)
    assert reasons == {"undecodable", "unknown_schema"}
    assert MUTANTS // 3 < poison < MUTANTS


def test_mutants_of_json_are_objects_or_poison(codec: Codec) -> None:
    chance = random.Random(7)
    for _ in range(MUTANTS):
        data = mutant(b'{"id": "a", "at": "2026-01-01T00:00:00Z", "n": [1, 2.5e3, null], "deep": {"x": true}}', chance)
        try:
            kind, value = codec.decode("events.raw", data)
        except PoisonRecord:
            continue
        assert kind == JSON
        assert isinstance(value, dict)


def test_a_truncated_record_is_poison(codec: Codec) -> None:
    data = codec.encode("features", VECTOR, vector(random.Random(2)))
    assert {reason_of(codec, "features", data[:end]) for end in range(len(data))} == {"undecodable"}


@pytest.mark.parametrize("trailing", [b"\0", b"x", b"\0" * 1000])
def test_bytes_left_over_are_poison(codec: Codec, trailing: bytes) -> None:
    data = codec.encode("features", VECTOR, vector(random.Random(2)))
    assert reason_of(codec, "features", data + trailing) == "undecodable"


@pytest.mark.parametrize("data", [None, b"", b"\0", b"\0\0\0\0", b"text", b"\x01\0\0\0\1abc", b'{"id": "a"}'])
def test_what_is_not_avro_is_poison_on_the_platforms_own_topics(codec: Codec, data: bytes | None) -> None:
    assert reason_of(codec, "features", data) == "undecodable"


def test_a_record_that_the_topic_does_not_carry_is_poison(codec: Codec) -> None:
    data = codec.encode("features", VECTOR, vector(random.Random(2)))
    assert reason_of(codec, "predictions", data) == "foreign_schema"


@pytest.mark.parametrize("data", [b"{", b'{"a": NaN}', b'{"a": 1} x', b"{" * 5000, b'{"a":' * 5000, b'{"a": "\xff"}'])
def test_broken_json_is_poison(codec: Codec, data: bytes) -> None:
    assert reason_of(codec, "events.raw", data) == "undecodable"


def test_json_is_taken_on_raw_topics(codec: Codec) -> None:
    assert codec.decode("labels", b' {"id": "a"}') == (JSON, {"id": "a"})


def test_a_writer_with_another_defaulted_field_is_read(codec: Codec, server: SchemaServer) -> None:
    newer = copy.deepcopy(EVENT)
    newer["fields"].insert(0, {"name": "note", "type": ["null", "string"], "default": None})
    newer["fields"].append({"name": "currency", "type": "string", "default": "EUR"})
    data = written_by(server, newer, sold() | {"note": "hello", "currency": "CHF"})
    assert codec.decode("events.raw", data) == ("shop.Sold", sold(at=1_700_000_000_000_000))


def test_a_writer_that_lacks_a_defaulted_field_is_read(codec: Codec, server: SchemaServer) -> None:
    older = copy.deepcopy(EVENT)
    older["fields"] = [field for field in older["fields"] if field["name"] != "seen"]
    data = written_by(server, older, {"id": "a", "at": 1, "amount": 2.0})
    assert codec.decode("events.raw", data) == ("shop.Sold", {"id": "a", "at": 1000, "seen": None, "amount": 2.0})


def test_a_writer_that_lacks_a_needed_field_is_poison(codec: Codec, server: SchemaServer) -> None:
    older = copy.deepcopy(EVENT)
    older["fields"] = older["fields"][:2]
    assert reason_of(codec, "events.raw", written_by(server, older, {"id": "a", "at": 1})) == "undecodable"


def test_milliseconds_become_microseconds(codec: Codec) -> None:
    data = codec.encode("events.raw", "shop.Sold", sold(seen=5))
    assert codec.decode("events.raw", data)[1] == sold(at=1_700_000_000_000_000, seen=5_000)


def test_a_writer_in_microseconds_is_not_multiplied_again(codec: Codec, server: SchemaServer) -> None:
    finer = copy.deepcopy(EVENT)
    finer["fields"][1]["type"] = MICROS
    data = written_by(server, finer, sold(at=1_700_000_000_000_001, seen=5))
    assert codec.decode("events.raw", data)[1] == sold(at=1_700_000_000_000_001, seen=5_000)


def test_a_bare_number_is_read_in_the_pipelines_unit(codec: Codec, server: SchemaServer) -> None:
    bare = copy.deepcopy(EVENT)
    bare["fields"][1]["type"] = "long"
    assert codec.decode("events.raw", written_by(server, bare, sold(at=7)))[1] == sold(at=7_000)


def test_a_time_that_microseconds_cannot_tell_is_poison(codec: Codec) -> None:
    data = codec.encode("events.raw", "shop.Sold", sold(seen=2**62))
    assert reason_of(codec, "events.raw", data) == "undecodable"


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ({"type": "array", "items": "null"}, b"\xfe\xff\xff\xff\xff\xff\x3f"),
        (["null", "shop.Sold"], b"\x02" * 400_000),
    ],
)
def test_schemas_that_decode_without_bound_are_refused(
    codec: Codec, server: SchemaServer, field: Any, data: bytes
) -> None:
    evil = copy.deepcopy(EVENT)
    evil["fields"].insert(0, {"name": "evil", "type": field})
    assert reason_of(codec, "events.raw", struct.pack(">bI", 0, server.add(evil)) + data) == "foreign_schema"


@pytest.mark.parametrize("schema", ["string", ["null", "string"], {"type": "record", "name": "A", "fields": 3}, 7])
def test_a_schema_that_is_no_record_is_poison(codec: Codec, server: SchemaServer, schema: Any) -> None:
    assert reason_of(codec, "events.raw", struct.pack(">bI", 0, server.add(schema)) + b"\0") == "foreign_schema"


def test_an_absent_registry_condemns_no_record(codec: Codec, server: SchemaServer) -> None:
    data = written_by(server, EVENT, sold())
    server.status = 503
    with pytest.raises(TransientError):
        codec.decode("events.raw", data)
    server.status = None
    assert codec.decode("events.raw", data)[0] == "shop.Sold"
