"""Records taken field by field come out, and are refused, exactly as by fastavro one at a time."""

import random
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from services.chassis.codec import Codec
from services.chassis.columnar_reader import ColumnarReader
from services.chassis.columnar_writer import ColumnarWriter, Unfit
from services.chassis.errors import PoisonRecord
from services.contracts.record import POISON
from services.contracts.schemas import own_names, own_schema, plain
from tests.avro_example import example
from tests.unit.chassis.scene import VECTOR, vector
from tests.unit.chassis.test_codec import mutant

ODD: dict[str, Any] = {
    "type": "record",
    "name": "Odd",
    "fields": [
        {"name": "i", "type": "int"},
        {"name": "l", "type": {"type": "long"}},
        {"name": "f", "type": "float"},
        {"name": "d", "type": ["null", "double"]},
        {"name": "b", "type": "boolean"},
        {"name": "s", "type": ["string", "null"]},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["x", "y", "z"]}},
        {"name": "m", "type": {"type": "map", "values": {"type": "array", "items": "bytes"}}},
        {"name": "n", "type": "null"},
        {"name": "r", "type": {"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}},
    ],
}
SCHEMAS = {name: plain(own_schema(name)) for name in own_names() if "Payload" not in str(own_schema(name))} | {
    "Odd": ODD
}


def alone(parsed: Any, value: Any) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parsed, value)
    return out.getvalue()


@pytest.mark.parametrize("name", SCHEMAS)
def test_values_and_bytes_are_those_of_fastavro(name: str) -> None:
    parsed, chance = parse_schema(SCHEMAS[name]), random.Random(name)
    values = [example(SCHEMAS[name], chance) for _ in range(150)]
    expected = [alone(parsed, value) for value in values]
    assert ColumnarWriter(parsed).write(b"h", values) == [b"h" + data for data in expected]
    one_by_one = [schemaless_reader(BytesIO(data), parsed, None) for data in expected]
    assert ColumnarReader(parsed).read([b"h" + data for data in expected], 1) == one_by_one


@pytest.mark.parametrize("number", [0, -1, 63, -64, 64, 2**31, -(2**31), 2**62 - 1, 2**63 - 1, -(2**63)])
def test_integers_of_every_length(number: int) -> None:
    parsed = parse_schema("long")
    (data,) = ColumnarWriter(parsed).write(b"", [number])
    assert data == alone(parsed, number)
    assert ColumnarReader(parsed).read([data, b"\2"], 0) == [number, 1]
    assert ColumnarReader(parsed).read([b"\xff" * 12, b"\2"], 0) == [None, 1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("i", 2**31),
        ("l", 1.0),
        ("l", True),
        ("l", 2**63),
        ("f", 1e300),
        ("d", "1"),
        ("b", 1),
        ("s", b"x"),
        ("s", "\ud800"),
        ("e", "w"),
        ("m", {"k": (b"",)}),
        ("n", 0),
        ("r", {}),
    ],
)
def test_a_value_of_another_type_is_left_to_fastavro(field: str, value: object) -> None:
    fitting = example(ODD, random.Random(1))
    with pytest.raises(Unfit):
        ColumnarWriter(parse_schema(ODD)).write(b"", [fitting, fitting | {field: value}])


@pytest.mark.parametrize("schema", [["string", "long"], {"type": "fixed", "name": "F", "size": 2}])
def test_what_is_ambiguous_or_rare_is_left_to_fastavro(schema: Any) -> None:
    with pytest.raises(KeyError):
        ColumnarWriter(parse_schema(schema))


def test_a_batch_with_mutants_is_read_as_one_by_one(codec: Codec) -> None:
    chance = random.Random(7)
    good = [codec.encode("features", VECTOR, vector(chance)) for _ in range(2_000)]
    for share in (0.0, 0.01, 0.5):
        records = [mutant(data, chance) if chance.random() < share else data for data in good]
        assert codec.decode_all("features", records) == [single(codec, data) for data in records]


def test_a_long_array_costs_no_more_than_its_record(codec: Codec) -> None:
    value = vector(random.Random(1)) | {"categories": ["x"] * 50_000}
    records = [codec.encode("features", VECTOR, value), *codec.encode_all("features", VECTOR, [value] * 8)]
    assert len(set(records)) == 1
    assert codec.decode_all("features", records) == [(VECTOR, value)] * 9


def single(codec: Codec, data: bytes) -> Any:
    try:
        return codec.decode("features", data)
    except PoisonRecord as error:
        return POISON, {"reason": error.reason, "detail": error.detail}
