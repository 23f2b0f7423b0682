"""Finding an answer by its id: in the lake, and what isn't there yet in the topic."""

import base64
from collections.abc import Iterator
from typing import Any

from services.chassis.configs import bare_codec
from services.chassis.reading import TopicReader
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.cli.connection import environment_of
from services.cli.failure import Failure
from services.cli.program import rows_of
from services.contracts.record import Value

_KIND, _TABLE = "driftmill.Prediction", "predictions"
_FIELDS = ("event_id", "status", "score", "label", "model", "feature_set", "numbers", "categories")


def prediction(settings: ChassisSettings, event_id: str) -> dict[str, Any]:
    """The answer to an event as JSON can hold it, numbers in base 64. Raises Failure if there is none."""
    found = next(_in_lake(settings, event_id), None) or next(_in_topic(settings, event_id), None)
    if found is None:
        name = settings.topic(_TABLE)
        raise Failure(
            f"There is no prediction {event_id} in {name}. Its id is the event's, see `driftmill tail predictions`."
        )
    return found


def _in_lake(settings: ChassisSettings, event_id: str) -> Iterator[dict[str, Any]]:
    if _TABLE in Store(settings.store_url).folders(f"lake/{settings.pipeline}"):
        quoted = event_id.replace("'", "''")
        sql = f"SELECT {', '.join(_FIELDS)} FROM {_TABLE} WHERE event_id = '{quoted}'"
        yield from rows_of("lake", ["query", sql], environment_of(settings))


def _in_topic(settings: ChassisSettings, event_id: str) -> Iterator[dict[str, Any]]:
    reader = TopicReader(settings, bare_codec(settings), _TABLE, settings.partitions)
    try:
        for record in reader.to_end():
            if record.kind == _KIND and record.value["event_id"] == event_id:
                yield _as_json(record.value)
    finally:
        reader.close()


def _as_json(value: Value) -> dict[str, Any]:
    return {name: value[name] for name in _FIELDS} | {"numbers": base64.b64encode(value["numbers"]).decode()}
