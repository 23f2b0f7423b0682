"""What a client sends in: one JSON object or several, taken by their shape; their content is validation's to judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

MAX_BODY_BYTES = 1_000_000
MAX_RECORD_BYTES = 100_000
"""Of one record: validation takes no larger one, since what it becomes must fit into Kafka's largest record too."""
MAX_RECORDS = 5_000
MAX_DEPTH = 16


class Unacceptable(ValueError):
    """A request that can't be taken as it is. status: of HTTP; the message names the record and what is expected."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Submitted:
    """One record to write: `event_id` names it, `key` its entity, `data` is its JSON."""

    event_id: str
    key: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """Where records of a topic have the event's id and their entity; None where they don't name it."""

    event_id: str
    entity: str | None

    def read(self, body: bytes, header_id: str | None = None) -> list[Submitted]:
        """The records of a body. header_id: the id of a single event that doesn't hold one. Raises Unacceptable."""
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Unacceptable(f"the body is not JSON: {error}") from None
        values = found if isinstance(found, list) else [found]
        if not 1 <= len(values) <= MAX_RECORDS:
            raise Unacceptable(f"the array holds {len(values)} records; send 1 to {MAX_RECORDS} at a time")
        single = header_id if len(values) == 1 else None
        return [self._submitted(value, f"record {number}", single) for number, value in enumerate(values)]

    def _submitted(self, value: Any, where: str, header_id: str | None) -> Submitted:
        if not isinstance(value, dict):
            raise Unacceptable(f"{where} is not a JSON object")
        if not _is_flat_enough(value):
            raise Unacceptable(f"{where} is nested more than {MAX_DEPTH} deep")
        if header_id and value.get(self.event_id) is None:
            value = value | {self.event_id: header_id}
        event_id = _text(value, self.event_id, where)
        key = event_id if self.entity is None else _text(value, self.entity, where)
        data = orjson.dumps(value)
        if len(data) > MAX_RECORD_BYTES:
            raise Unacceptable(f"{where} has {len(data)} bytes; at most {MAX_RECORD_BYTES}", 413)
        return Submitted(event_id, key.encode(), data)


def _text(value: Mapping[str, Any], name: str, where: str) -> str:
    """The text of a field that names something: a text that isn't empty, or a whole number."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise Unacceptable(f"{where} has no usable '{name}': a text that isn't empty, or a whole number")
    return str(found)


def _is_flat_enough(value: dict[str, Any]) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return True
    return False


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    """The objects and arrays directly inside one."""
    inner = value.values() if isinstance(value, dict) else value
    return [found for found in inner if isinstance(found, dict | list)]
