"""The schema registry: subjects by TopicRecordNameStrategy, schemas by id, with errors told apart."""

import json
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from services.chassis import clock
from services.chassis.errors import PoisonRecord, Refused, TransientError

_UNKNOWN_CACHE = 1_000
_UNKNOWN_SECONDS = 10.0
_NO_SUCH_ID = frozenset({400, 404, 422})


class SchemaRegistry:
    """Registers and finds Avro schemas. Raises TransientError while the registry can't be reached."""

    def __init__(self, url: str) -> None:
        self._client = SchemaRegistryClient({"url": url, "timeout": 5, "max.retries": 0} | _certificates(url))
        self._known: dict[int, dict[str, Any]] = {}
        self._unknown: dict[int, float] = {}

    def register(self, topic: str, full_name: str, schema: dict[str, Any]) -> int:
        """The id of a schema under `<topic>-<full name>`. Raises Refused if it is incompatible with an earlier one."""
        try:
            return self._client.register_schema(f"{topic}-{full_name}", Schema(json.dumps(schema), "AVRO"))
        except SchemaRegistryError as error:
            if "already exists" in (error.error_message or ""):
                # two services registered it at the same moment: the next try finds it
                raise TransientError(f"schema registry: {error.error_message}") from error
            if error.http_status_code in (409, 422):
                raise Refused(
                    f"The schema registry refuses {full_name} for topic {topic}: {error.error_message}. "
                    "Make the change compatible (a new field needs a default) or use a new record name."
                ) from error
            raise TransientError(f"schema registry: {error}") from error
        except Exception as error:
            raise TransientError(f"schema registry: {error}") from error

    def schema(self, schema_id: int) -> dict[str, Any]:
        """The writer's schema of an id. Raises PoisonRecord for an id that isn't one of an Avro schema."""
        if schema_id not in self._known:
            self._known[schema_id] = self._ask(schema_id)
        return self._known[schema_id]

    def _ask(self, schema_id: int) -> dict[str, Any]:
        # an unknown id is asked for again after a while: ids are given in turn, so it may belong to somebody later
        now = clock.monotonic()
        if self._unknown.get(schema_id, now) > now:
            raise PoisonRecord("unknown_schema", f"no schema has id {schema_id}")
        try:
            found = self._client.get_schema(schema_id)
        except SchemaRegistryError as error:
            if error.http_status_code not in _NO_SUCH_ID:
                raise TransientError(f"schema registry: {error}") from error
            if len(self._unknown) >= _UNKNOWN_CACHE:
                self._unknown.clear()
            self._unknown[schema_id] = now + _UNKNOWN_SECONDS
            raise PoisonRecord("unknown_schema", f"no schema has id {schema_id}") from error
        except Exception as error:
            raise TransientError(f"schema registry: {error}") from error
        if found.schema_type != "AVRO":
            raise PoisonRecord("foreign_schema", f"schema {schema_id} is {found.schema_type}, not Avro")
        if not found.schema_str:
            raise TransientError(f"schema registry: it answered without the schema of id {schema_id}")
        parsed: dict[str, Any] = json.loads(found.schema_str)
        return parsed


def _certificates(url: str) -> dict[str, bool]:
    """Where no TLS is spoken, certificates need not be loaded, which takes longer than all that is asked for."""
    return {} if "https://" in url else {"ssl.ca.location": False}
