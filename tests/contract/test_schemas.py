"""Everything that Driftmill itself defines is a readable, documented and bounded Avro schema."""

import copy
import random
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.validation import validate

from services.chassis.bounded import check_bounded
from services.contracts.schemas import full_name, own_names, own_schema, plain, with_payload
from services.contracts.topics import EVENT, LABEL, topics_of
from tests.avro_example import example

ROOT = Path(__file__).parents[2]
PAYLOAD = {"type": "record", "name": "Bought", "namespace": "shop", "fields": [{"name": "id", "type": "string"}]}
EXAMPLES = 30


def schema_of(name: str) -> dict[str, Any]:
    """The schema as it travels, its times plain numbers."""
    schema: dict[str, Any] = plain(with_payload(name, PAYLOAD))
    return schema


def records_in(schema: Any) -> Iterator[dict[str, Any]]:
    """All record definitions of a schema, its own first."""
    if isinstance(schema, list):
        for branch in schema:
            yield from records_in(branch)
    elif isinstance(schema, dict):
        if schema["type"] == "record":
            yield schema
        inner = [field["type"] for field in schema.get("fields", ())]
        for part in (*inner, schema.get("items"), schema.get("values"), schema["type"]):
            if not isinstance(part, str):
                yield from records_in(part)


def read(data: bytes, writer: Any, reader: Any = None) -> Any:
    return schemaless_reader(BytesIO(data), parse_schema(copy.deepcopy(writer)), reader and parse_schema(reader))


def written(schema: Any, value: Any) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parse_schema(copy.deepcopy(schema)), value)
    return out.getvalue()


def test_the_catalogue_and_the_schema_files_name_the_same_records() -> None:
    listed = {record for topic in topics_of(["features.any"]) for record in topic.records} - {EVENT, LABEL}
    assert listed == set(own_names())


def test_the_code_names_no_record_that_has_no_schema() -> None:
    named = {
        name
        for path in (ROOT / "services").rglob("*.py")
        for name in re.findall(r"\bdriftmill\.[A-Z][A-Za-z]+\b", path.read_text())
    }
    assert named - set(own_names()) == set()


@pytest.mark.parametrize("name", own_names())
def test_a_schema_is_named_after_its_file(name: str) -> None:
    assert full_name(own_schema(name)) == name


@pytest.mark.parametrize("name", own_names())
def test_every_record_and_field_says_what_it_is(name: str) -> None:
    records = list(records_in(own_schema(name)))
    silent = [record["name"] for record in records if not record.get("doc")]
    silent += [f"{r['name']}.{field['name']}" for r in records for field in r["fields"] if not field.get("doc")]
    assert silent == []


@pytest.mark.parametrize("name", own_names())
def test_times_are_in_microseconds(name: str) -> None:
    assert set(re.findall(r'"logicalType": "([^"]*time[^"]*)"', str(own_schema(name)).replace("'", '"'))) <= {
        "timestamp-micros"
    }


@pytest.mark.parametrize("name", own_names())
def test_decoding_is_bounded(name: str) -> None:
    check_bounded(parse_schema(schema_of(name)))


@pytest.mark.parametrize("name", own_names())
def test_examples_come_back_as_they_were(name: str) -> None:
    schema = schema_of(name)
    for seed in range(EXAMPLES):
        value = example(copy.deepcopy(schema), random.Random(seed))
        assert read(written(schema, value), schema) == value


@pytest.mark.parametrize("name", own_names())
def test_defaults_fit_their_fields(name: str) -> None:
    """A writer that knows none of the fields with defaults is read, and what stands in for them is valid."""
    schema = schema_of(name)
    bare = copy.deepcopy(schema)
    bare["fields"] = [field for field in bare["fields"] if "default" not in field]
    value = example(copy.deepcopy(bare), random.Random(1))
    assert validate(read(written(bare, value), bare, copy.deepcopy(schema)), schema)


@pytest.mark.parametrize("name", own_names())
def test_a_reader_passes_over_fields_that_it_does_not_know(name: str) -> None:
    schema = schema_of(name)
    newer = copy.deepcopy(schema)
    newer["fields"].append({"name": "later", "type": ["null", "string"], "default": None})
    value = example(copy.deepcopy(schema), random.Random(2))
    assert read(written(newer, value | {"later": "x"}), newer, copy.deepcopy(schema)) == value
