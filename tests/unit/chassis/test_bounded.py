"""Schemas whose data could cost more than they are long are told from all others."""

from typing import Any

import pytest
from fastavro import parse_schema

from services.chassis.bounded import Unbounded, check_bounded


def record(*types: Any, name: str = "A") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": f"f{i}", "type": t} for i, t in enumerate(types)]}


@pytest.mark.parametrize(
    "schema",
    [
        record("string", "long", ["null", "string"]),
        record({"type": "array", "items": ["null", "string"]}),
        record({"type": "map", "values": "int"}, {"type": "fixed", "name": "F", "size": 4}),
        record({"type": "enum", "name": "E", "symbols": ["a"]}, "E"),
        record(record("int", name="B"), "B"),
        record(["null", record({"type": "array", "items": "string"}, name="B")], {"type": "array", "items": "B"}),
        record({"type": "long", "logicalType": "timestamp-micros"}),
    ],
)
def test_ordinary_schemas_are_bounded(schema: Any) -> None:
    check_bounded(parse_schema(schema))


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (record("null"), "null"),
        (record({"type": "array", "items": "null"}), "null"),
        (record({"type": "map", "values": {"type": "null"}}), "null"),
        (record({"type": "fixed", "name": "F", "size": 0}), "F"),
        (record({"type": "array", "items": record(name="B")}), "B"),
        (record(["null", "A"]), "A"),
        (record({"type": "array", "items": "A"}), "A"),
        (record(record(["int", {"type": "map", "values": "A"}], name="B")), "A"),
    ],
)
def test_unbounded_schemas_are_named(schema: Any, why: str) -> None:
    with pytest.raises(Unbounded, match=why):
        check_bounded(parse_schema(schema))
