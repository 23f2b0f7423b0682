"""The Avro record of an event or a label: flat, of plain types, as features and profiles can use them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.contracts.expression import Kind
from services.contracts.pipeline.mistake import Mistake

KINDS: Mapping[str, Kind] = {
    "int": "number",
    "long": "number",
    "float": "number",
    "double": "number",
    "boolean": "flag",
    "string": "category",
    "enum": "category",
    "timestamp": "time",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_PLAIN_LOGICAL = frozenset({"uuid"})


@dataclass(frozen=True, slots=True)
class AvroField:
    """A field: `type` is one of the keys of `KINDS`; `line` is where it stands in its file."""

    name: str
    type: str
    nullable: bool
    symbols: tuple[str, ...]
    line: int

    @property
    def kind(self) -> Kind:
        """The kind it has where the pipeline file is silent."""
        return KINDS[self.type]


@dataclass(frozen=True, slots=True)
class RecordSchema:
    """A record schema: `name` is its full name, `fields` in their order, `schema` the parsed JSON."""

    file: str
    name: str
    fields: Mapping[str, AvroField]
    schema: Mapping[str, Any]
    broken: frozenset[str] = frozenset()

    def knows(self, field: str) -> bool:
        """Whether the field is there, usable or not."""
        return field in self.fields or field in self.broken


def defaults_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of a record have where nothing is said of them; those without a default are left out."""
    return {one["name"]: one["default"] for one in schema["fields"] if isinstance(one, dict) and "default" in one}


def read_schema(file: str, text: str) -> tuple[RecordSchema | None, list[Mistake]]:
    """The record in `text`, None where it has none, and what is wrong with it."""
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as error:
        return None, [Mistake(file, error.lineno, error.colno, "", f"isn't JSON: {error.msg}", "an Avro schema")]
    except RecursionError:
        return None, [Mistake(file, 1, 1, "", "is nested too deeply", "an Avro schema")]
    if not isinstance(schema, dict) or schema.get("type") != "record" or not isinstance(schema.get("fields"), list):
        return None, [Mistake(file, 1, 1, "", "isn't an Avro record", '{"type": "record", "name": …, "fields": […]}')]
    return _Reader(file, text).read(schema)


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.mistakes: list[Mistake] = []

    def read(self, schema: dict[str, Any]) -> tuple[RecordSchema | None, list[Mistake]]:
        name = schema.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._refuse(1, "name", "isn't an Avro name", "letters, digits and _, not beginning with a digit")
            name = "unnamed"
        namespace = schema.get("namespace")
        full = f"{namespace}.{name}" if namespace and "." not in name else name
        fields: dict[str, AvroField] = {}
        broken: set[str] = set()
        for item in schema["fields"]:
            self._field(item, fields, broken)
        return RecordSchema(self.file, full, fields, schema, frozenset(broken)), self.mistakes

    def _refuse(self, line: int, path: str, message: str, expected: str = "", hint: str = "") -> None:
        self.mistakes.append(Mistake(self.file, line, 1, path, message, expected, hint))

    def _line(self, name: str) -> int:
        start = self.text.find('"fields"')
        match = re.compile(rf'"name"\s*:\s*{re.escape(json.dumps(name))}').search(self.text, max(start, 0))
        return self.text.count("\n", 0, match.start()) + 1 if match else 1

    def _field(self, item: Any, fields: dict[str, AvroField], broken: set[str]) -> None:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name) or "." in name:
            self._refuse(1, "fields", f"a field has no usable name: {str(item)[:60]}", "letters, digits and _")
            return
        line = self._line(name)
        if name in fields or name in broken:
            self._refuse(line, name, "stands twice")
            return
        found = self._type(name, line, item.get("type"))
        if found is None:
            broken.add(name)
        else:
            fields[name] = AvroField(name, found[0], found[1], found[2], line)

    def _type(self, name: str, line: int, declared: Any) -> tuple[str, bool, tuple[str, ...]] | None:
        nullable = isinstance(declared, list) and "null" in declared
        if isinstance(declared, list):
            rest = [branch for branch in declared if branch != "null"]
            declared = rest[0] if len(rest) == 1 else declared
        if isinstance(declared, str):
            declared = {"type": declared}
        if not isinstance(declared, dict):
            self._refuse(
                line, name, "a union of several types isn't supported yet in this version", "null and one type"
            )
            return None
        kind, logical = declared.get("type"), declared.get("logicalType")
        if logical == "timestamp-micros" and kind == "long":
            return "timestamp", nullable, ()
        if logical is not None and logical not in _PLAIN_LOGICAL:
            hint = "times are timestamp-micros" if "time" in str(logical) or logical == "date" else ""
            self._refuse(line, name, f"logical type {logical} isn't supported yet in this version", hint=hint)
            return None
        if kind == "enum":
            return "enum", nullable, tuple(str(symbol) for symbol in declared.get("symbols", ()))
        if isinstance(kind, str) and kind in KINDS and kind != "timestamp":
            return kind, nullable, ()
        self._refuse(line, name, f"type {kind} isn't supported yet in this version", "one of " + ", ".join(_OFFERED))
        return None


_OFFERED = ("int", "long", "float", "double", "boolean", "string", "enum", "timestamp-micros")
