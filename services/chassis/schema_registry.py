"""The schema registry: subjects by TopicRecordNameStrategy, schemas by id, with errors told apart."""

import json
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, unquote

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

from services.chassis import clock
from services.chassis.errors import PoisonRecord, Refused, TransientError

_UNKNOWN_CACHE = 1_000
_UNKNOWN_SECONDS = 10.0
_NO_SUCH_ID = frozenset({400, 404, 422})
_TIMEOUT = 5.0
_CONNECTIONS = 16
"""Kept for as many threads that ask at the same time."""
_MEDIA = "application/vnd.schemaregistry.v1+json"
_FAILED = 500
_WRONG = 400


@dataclass(frozen=True, slots=True)
class _Answer:
    """Status and body of what a registry answered; an unreachable one answers that it failed."""

    status: int
    body: dict[str, Any]

    @property
    def message(self) -> str:
        return str(self.body.get("message", f"HTTP {self.status}"))

    def value(self, name: str) -> Any:
        """A member of what it found. Raises TransientError where it found nothing."""
        if self.status >= _WRONG or name not in self.body:
            raise TransientError(f"schema registry: {self.message}")
        return self.body[name]


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    headers: dict[str, str]

    @classmethod
    def at(cls, url: str) -> Self:
        parsed = parse_url(url)
        access = make_headers(basic_auth=unquote(parsed.auth)) if parsed.auth else {}
        return cls(parsed._replace(auth=None).url.rstrip("/"), {"Content-Type": _MEDIA, "Accept": _MEDIA} | access)


class SchemaRegistry:
    """Registers and finds Avro schemas, by the two calls of the Confluent REST interface that this takes.

    Confluent's own client brings OAuth and cryptography with it, a fifth of what a service takes to start.

    url: of the registry, or several separated by commas, of which the first that can answer does; a name and password
    in it are sent as basic authentication. Every call raises TransientError while none can be reached.
    """

    def __init__(self, url: str) -> None:
        self._http = PoolManager(maxsize=_CONNECTIONS, retries=False, timeout=_TIMEOUT)
        self._servers = [_Server.at(one.strip()) for one in url.split(",")]
        self._known: dict[int, dict[str, Any]] = {}
        self._unknown: dict[int, float] = {}

    def register(self, topic: str, full_name: str, schema: dict[str, Any]) -> int:
        """The id of a schema under `<topic>-<full name>`. Raises Refused if it is incompatible with an earlier one."""
        path = f"/subjects/{quote(f'{topic}-{full_name}', safe='')}/versions"
        answer = self._call("POST", path, {"schema": json.dumps(schema), "schemaType": "AVRO"})
        # two services registered it at the same moment: the next try finds it
        if answer.status in (409, 422) and "already exists" not in answer.message:
            raise Refused(
                f"The schema registry refuses {full_name} for topic {topic}: {answer.message}. "
                "Make the change compatible (a new field needs a default) or use a new record name."
            )
        return int(answer.value("id"))

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
        answer = self._call("GET", f"/schemas/ids/{schema_id}")
        if answer.status in _NO_SUCH_ID:
            if len(self._unknown) >= _UNKNOWN_CACHE:
                self._unknown.clear()
            self._unknown[schema_id] = now + _UNKNOWN_SECONDS
            raise PoisonRecord("unknown_schema", f"no schema has id {schema_id}")
        text, kind = answer.value("schema"), answer.body.get("schemaType", "AVRO")
        if kind != "AVRO":
            raise PoisonRecord("foreign_schema", f"schema {schema_id} is {kind}, not Avro")
        parsed: dict[str, Any] = json.loads(text)
        return parsed

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> _Answer:
        for server in self._servers:
            answer = self._asked(server, method, path, body)
            if answer.status < _FAILED:
                break
        return answer

    def _asked(self, server: _Server, method: str, path: str, body: dict[str, Any] | None) -> _Answer:
        try:
            found = self._http.request(method, server.url + path, json=body, headers=server.headers)
            told = json.loads(found.data)
        except HTTPError as error:
            return _Answer(_FAILED, {"message": str(error)})
        except ValueError:
            told = {}
        return _Answer(found.status, told if isinstance(told, dict) else {})
