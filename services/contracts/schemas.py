"""The Avro schemas of a pipeline: Driftmill's own from `schemas/`, the user's, and both put together."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

_FOLDER = Path(__file__).resolve().parents[2] / "schemas"
_MILLIS = {"timestamp-millis": "timestamp-micros", "local-timestamp-millis": "local-timestamp-micros"}


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.avsc").read_text()


def own_names() -> tuple[str, ...]:
    """Full names of all records that Driftmill defines."""
    return tuple(f"driftmill.{path.stem}" for path in sorted(_FOLDER.glob("*.avsc")))


def own_schema(full_name: str) -> Schema:
    """Schema of a `driftmill.*` record as it stands in its file; those with an event or a label lack the payload."""
    schema: Schema = json.loads(_text(full_name.removeprefix("driftmill.")))
    return schema


def full_name(schema: Mapping[str, Any]) -> str:
    """Namespace and name of a record schema."""
    name, namespace = schema["name"], schema.get("namespace")
    return name if "." in name or not namespace else f"{namespace}.{name}"


def with_payload(envelope: str, payload: Schema) -> Schema:
    """The envelope record with the user's record as its payload, times in microseconds."""
    schema = own_schema(envelope)
    for field in schema["fields"]:
        if field["type"] == "Payload":
            field["type"] = in_microseconds(payload)
    return schema


def in_microseconds(schema: Any) -> Any:
    """The same schema with millisecond timestamps turned into microsecond ones."""
    if isinstance(schema, list):
        return [in_microseconds(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {
        key: in_microseconds(value) if key in ("type", "items", "values", "fields") else value
        for key, value in schema.items()
    }
    if changed.get("logicalType") in _MILLIS:
        changed["logicalType"] = _MILLIS[changed["logicalType"]]
    return changed


def plain(schema: Any) -> Any:
    """The same schema without logical types of time, so that decoding gives integers."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: plain(value) if key in ("type", "items", "values", "fields") else value
        for key, value in schema.items()
        if not (key == "logicalType" and ("time" in str(value) or value in ("date", "uuid")))
    }


def time_units(schema: Schema) -> dict[str, str]:
    """Logical type of each top-level field that is a timestamp, by the field's name."""
    units = {field["name"]: _time_unit(field["type"]) for field in schema["fields"]}
    return {name: unit for name, unit in units.items() if unit}


def _time_unit(kind: Any) -> str:
    if isinstance(kind, list):
        return next(filter(None, map(_time_unit, kind)), "")
    logical = str(kind.get("logicalType", "")) if isinstance(kind, dict) else ""
    return logical if "timestamp-" in logical else ""


def pipeline_schemas(event: Schema, label: Schema) -> dict[str, Schema]:
    """All records of a pipeline by full name."""
    schemas = {name: own_schema(name) for name in own_names()}
    for payload, envelopes in (
        (event, ("EventAccepted", "EventForwarded")),
        (label, ("LabelAccepted", "LabelForwarded")),
    ):
        schemas |= {f"driftmill.{name}": with_payload(f"driftmill.{name}", payload) for name in envelopes}
    schemas[full_name(event)] = event
    schemas[full_name(label)] = label
    return schemas
