"""Confluent's wire format: a zero byte, the schema's id in four bytes, the Avro record."""

import struct
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar, cast

import orjson
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from services.chassis.bounded import Unbounded, check_bounded
from services.chassis.columnar_reader import ColumnarReader
from services.chassis.columnar_writer import ColumnarWriter, Unfit
from services.chassis.errors import PoisonRecord
from services.chassis.rows import rows_of
from services.chassis.schema_registry import SchemaRegistry
from services.contracts.record import JSON, POISON, Value, plain_of
from services.contracts.schemas import Schema, full_name, pipeline_schemas, plain, time_units
from services.contracts.topics import EVENT, LABEL, topic_named

T = TypeVar("T")

_HEADER = struct.Struct(">bI")
_RAW = ("events.raw", "labels")
_PASSED_ON = frozenset({"driftmill.FeatureVector"})
"""Records of which the reader touches few fields, and copies most into what it writes."""
_LONGEST = 2**63 - 1
_MANY = 80
"""Records of one schema from which on it is faster to take them field by field."""

Decoded = tuple[str, Mapping[str, Any]]
"""Full record name and value."""


class Codec:
    """Encodes and decodes the records of one pipeline.

    Decoding resolves the writer's schema to the pipeline's own; timestamps are integers of microseconds. Only records
    that the catalogue lists for a topic are taken from it.
    """

    def __init__(self, pipeline: str, event: dict[str, Any], label: dict[str, Any], registry: SchemaRegistry) -> None:
        self._pipeline = pipeline
        self._registry = registry
        self._names = {EVENT: full_name(event), LABEL: full_name(label)}
        self._schemas = pipeline_schemas(event, label)
        self._parsed = {name: parse_schema(plain(schema)) for name, schema in self._schemas.items()}
        self._allowed: dict[str, frozenset[str]] = {}
        self._ids: dict[tuple[str, str], bytes] = {}
        self._readers: dict[int, _Reader] = {}
        self._writers: dict[str, ColumnarWriter | None] = {}

    def records_of(self, topic: str) -> frozenset[str]:
        """Full names of the records that a topic may carry."""
        if topic not in self._allowed:
            self._allowed[topic] = frozenset(self._names.get(name, name) for name in topic_named(topic).records)
        return self._allowed[topic]

    def register(self, topic: str) -> None:
        """Register all records of a topic, so that a refusal or an outage shows at start."""
        for kind in self.records_of(topic):
            self._header(topic, kind)

    def encode(self, topic: str, kind: str, value: Value) -> bytes:
        """The bytes of a record for a topic. Raises ValueError if the value doesn't fit the schema."""
        out = BytesIO()
        out.write(self._header(topic, kind))
        schemaless_writer(out, self._parsed[kind], plain_of(value))
        return out.getvalue()

    def encode_all(self, topic: str, kind: str, values: Sequence[Value]) -> list[bytes]:
        """What `encode` makes of each value."""
        if len(values) >= _MANY and (writer := self._writer(kind)) is not None:
            with suppress(Unfit):
                return writer.write(self._header(topic, kind), values)
        return [self.encode(topic, kind, value) for value in values]

    def decode_all(self, topic: str, records: Sequence[bytes | None]) -> list[Decoded]:
        """What `decode` makes of each record; what can't be read has kind POISON, with `reason` and `detail`."""
        decoded: list[Decoded | None] = [None] * len(records)
        for header, places in _by_header(records).items():
            if len(places) == len(records):
                decoded = self._decode_columns(topic, header, records)
            else:
                found = self._decode_columns(topic, header, [records[place] for place in places])
                for place, one in zip(places, found, strict=True):
                    decoded[place] = one
        return [one or self._decode_one(topic, data) for one, data in zip(decoded, records, strict=True)]

    def decode(self, topic: str, data: bytes | None) -> Decoded:
        """Full record name and value. Raises PoisonRecord for what can't be read, TransientError without registry."""
        if not data:
            raise PoisonRecord("undecodable", "the value is empty")
        if data[0] == 0 and len(data) >= _HEADER.size:
            return self._decode_avro(topic, data)
        if topic in _RAW and data.lstrip()[:1] == b"{":
            return JSON, _parse_json(data)
        raise PoisonRecord("undecodable", f"expected Avro in Confluent's wire format, got bytes {data[:5].hex(' ')}")

    def _decode_one(self, topic: str, data: bytes | None) -> Decoded:
        try:
            return self.decode(topic, data)
        except PoisonRecord as error:
            return POISON, {"reason": error.reason, "detail": error.detail}

    def _decode_columns(self, topic: str, header: bytes, records: Sequence[bytes | None]) -> list[Decoded | None]:
        """Of records with one header; None for what has to be looked at one by one."""
        alone: list[Decoded | None] = [None] * len(records)
        try:
            reader = self._reader(_HEADER.unpack(header)[1])
            if len(records) < _MANY or reader.columns is None or reader.kind not in self.records_of(topic):
                return alone
            read = rows_of if reader.kind in _PASSED_ON else ColumnarReader.read
            values = read(reader.columns, cast(Sequence[bytes], records), _HEADER.size)
            if topic in _RAW and reader.millis:
                for value in filter(None, values):
                    _to_microseconds(reader.kind, value, reader.millis)
        except (PoisonRecord, UnicodeDecodeError):
            return alone
        return [None if value is None else (reader.kind, value) for value in values]

    def _decode_avro(self, topic: str, data: bytes) -> Decoded:
        reader = self._reader(_HEADER.unpack_from(data)[1])
        kind = reader.kind
        if kind not in self.records_of(topic):
            wanted = ", ".join(sorted(self.records_of(topic)))
            raise PoisonRecord("foreign_schema", f"{topic} carries {wanted}; this is {kind}")
        buffer = BytesIO(data)
        buffer.seek(_HEADER.size)
        try:
            value = cast(dict[str, Any], schemaless_reader(buffer, reader.written, reader.wanted))
        except Exception as error:
            raise PoisonRecord("undecodable", f"{kind}: {type(error).__name__}: {str(error)[:200]}") from error
        if buffer.tell() != len(data):
            raise PoisonRecord("undecodable", f"{kind}: {len(data) - buffer.tell()} bytes left over")
        if topic in _RAW:
            _to_microseconds(kind, value, reader.millis)
        return kind, value

    def _reader(self, schema_id: int) -> "_Reader":
        if schema_id not in self._readers:
            written = self._registry.schema(schema_id)
            try:
                kind, parsed = full_name(written), parse_schema(plain(written))
                check_bounded(parsed)
            except Unbounded as error:
                raise PoisonRecord("foreign_schema", f"schema {schema_id} can't be read safely: {error}") from error
            except Exception as error:
                raise PoisonRecord("foreign_schema", f"schema {schema_id} is not a record: {error}") from error
            own = self._schemas.get(kind)
            wanted = None if own is None or plain(own) == plain(written) else self._parsed[kind]
            columns = None if wanted is not None else _compiled(ColumnarReader, parsed)
            millis = () if own is None else _millis(written, own)
            self._readers[schema_id] = _Reader(kind, parsed, wanted, columns, millis)
        return self._readers[schema_id]

    def _writer(self, kind: str) -> ColumnarWriter | None:
        if kind not in self._writers:
            self._writers[kind] = _compiled(ColumnarWriter, self._parsed[kind])
        return self._writers[kind]

    def _header(self, topic: str, kind: str) -> bytes:
        if (topic, kind) not in self._ids:
            schema_id = self._registry.register(topic_named(topic).full_name(self._pipeline), kind, self._schemas[kind])
            self._ids[topic, kind] = _HEADER.pack(0, schema_id)
        return self._ids[topic, kind]


@dataclass(frozen=True, slots=True)
class _Reader:
    """How records of one schema id are read. wanted: None where it is the pipeline's own schema.

    columns: how many are read at once, where that can be. millis: fields whose times are written in milliseconds.
    """

    kind: str
    written: Any
    wanted: Any
    columns: ColumnarReader | None
    millis: tuple[str, ...]


def _compiled(what: Callable[[Any], T], parsed: Any) -> T | None:
    """None for a schema with something that only fastavro knows."""
    try:
        return what(parsed)
    except KeyError:
        return None


def _by_header(records: Sequence[bytes | None]) -> dict[bytes, list[int]]:
    """Places of the records that begin with the same schema id."""
    heads = [(data or b"")[: _HEADER.size] for data in records]
    # nearly always all have one
    if heads and heads.count(heads[0]) == len(heads):
        return {heads[0]: list(range(len(heads)))} if _is_header(heads[0]) else {}
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, head in enumerate(heads):
        places[head].append(place)
    return {head: its for head, its in places.items() if _is_header(head)}


def _is_header(head: bytes) -> bool:
    return len(head) == _HEADER.size and head[0] == 0


def _millis(written: Schema, own: Schema) -> tuple[str, ...]:
    """Times that are in milliseconds: as the writer says, or the pipeline where the writer gives a bare number."""
    said = time_units(written)
    return tuple(name for name, unit in time_units(own).items() if said.get(name, unit).endswith("millis"))


def _to_microseconds(kind: str, value: dict[str, Any], fields: tuple[str, ...]) -> None:
    for name in fields:
        if value[name] is not None:
            value[name] *= 1000
            if abs(value[name]) > _LONGEST:
                raise PoisonRecord("undecodable", f"{kind}: {name} lies beyond the times that microseconds can tell")


def _parse_json(data: bytes) -> dict[str, Any]:
    try:
        value: dict[str, Any] = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise PoisonRecord("undecodable", f"not JSON: {error}") from error
    return value
