"""The schema registry: subjects by TopicRecordNameStrategy, schemas by id, with errors told apart."""

import json
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from services.chassis.errors import PoisonRecord, Refused, TransientError

_UNKNOWN_CACHE = 1_000


class SchemaRegistry:
    """Registers and finds Avro schemas. Raises TransientError while the registry can't be reached."""

    def __init__(self, url: str) -> None:
        self._client = SchemaRegistryClient({"url": url, "timeout": 5, "max.retries": 0})
        self._known: dict[int, dict[str, Any]] = {}
        self._unknown: set[int] = set()

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
        """The writer's schema of an id. Raises PoisonRecord for an id that the registry doesn't know."""
        if schema_id in self._known:
            return self._known[schema_id]
        if schema_id in self._unknown:
            raise PoisonRecord("unknown_schema", f"no schema has id {schema_id}")
        try:
            found = self._client.get_schema(schema_id)
            parsed = json.loads(found.schema_str or "")
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                if len(self._unknown) < _UNKNOWN_CACHE:
                    self._unknown.add(schema_id)
                raise PoisonRecord("unknown_schema", f"no schema has id {schema_id}") from error
            raise TransientError(f"schema registry: {error}") from error
        except Exception as error:
            raise TransientError(f"schema registry: {error}") from error
        self._known[schema_id] = parsed
        return self._known[schema_id]
