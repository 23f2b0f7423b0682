"""A table is compared with what the lake would make of the same records."""

import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from services.contracts.record import Record
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.likeness import Difference, first_difference

PAYLOAD = {
    "type": "record",
    "name": "P",
    "fields": [{"name": "amount", "type": "double"}, {"name": "shop", "type": "string", "default": "none"}],
}
SCHEMA = {
    "fields": [
        {"name": "score", "type": ["null", "double"], "default": None},
        {"name": "slices", "type": {"type": "map", "values": "double"}, "default": {}},
        {"name": "categories", "type": {"type": "array", "items": "string"}},
        {"name": "payload", "type": PAYLOAD},
        {"name": "revision", "type": "int", "default": 0},
    ]
}


def row(number: int, **changed: Any) -> dict[str, Any]:
    value = {"score": math.nan, "slices": {"a": math.nan}, "categories": ["x"], "revision": number % 3}
    return value | {"payload": {"amount": float(number), "shop": "s"}} | changed


def table(*values: Mapping[str, Any]) -> Any:
    records = [Record("events", 0, n, 1_000 + n, "k", "driftmill.X", value) for n, value in enumerate(values)]
    return RecordColumns(SCHEMA).to_table(records)


def test_the_same_records_are_alike_whatever_is_not_a_number() -> None:
    assert first_difference(table(*map(row, range(9))), table(*map(row, range(9))), SCHEMA) is None
    assert first_difference(table(), table(), SCHEMA) is None


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"score": 0.5}, "score: the topic has nan, the table has 0.5"),
        ({"score": None}, "score: the topic has nan, the table has None"),
        ({"slices": {"a": 1.0}}, "slices: the topic has [('a', nan)], the table has [('a', 1.0)]"),
        ({"categories": ["x", "y"]}, "categories: the topic has ['x'], the table has ['x', 'y']"),
        ({"payload": {"amount": -7.0, "shop": "s"}}, "payload.amount: the topic has 7.0, the table has -7.0"),
        ({"payload": {"amount": 7.0, "shop": "t"}}, "payload.shop: the topic has 's', the table has 't'"),
        ({"revision": 5}, "revision: the topic has 1, the table has 5"),
    ],
)
def test_the_first_row_that_differs_is_told(changed: Mapping[str, Any], what: str) -> None:
    rows = [*map(row, range(7)), row(7, **changed), row(8, **changed)]
    assert first_difference(table(*map(row, range(9))), table(*rows), SCHEMA) == Difference(7, what)


def test_of_several_columns_the_first_row_counts() -> None:
    held = table(row(0), row(1, revision=9), row(2, score=1.0))
    assert first_difference(table(*map(row, range(3))), held, SCHEMA) == Difference(
        1, "revision: the topic has 1, the table has 9"
    )


def test_a_position_counts_too() -> None:
    held = table(row(0), row(1))
    held = held.set_column(2, "kafka_key", pa.array(["k", "j"]))
    found = first_difference(table(row(0), row(1)), held, SCHEMA)
    assert found == Difference(1, "kafka_key: the topic has 'k', the table has 'j'")


def test_fields_that_came_later_are_null_where_the_topic_has_their_default() -> None:
    sent = table(row(0, payload={"amount": 0.0, "shop": "none"}))
    old = sent.drop_columns(["payload", "revision"])
    old = old.append_column("payload", pa.array([{"amount": 0.0}], pa.struct([("amount", pa.float64())])))
    assert first_difference(sent, old, SCHEMA) is None
    assert first_difference(table(row(0)), old, SCHEMA) == Difference(
        0, "payload.shop: the topic has 's', the table has 'none'"
    )
