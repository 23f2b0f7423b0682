"""A pipeline's codec on a registry of the test, and settings without an environment."""

import random
import threading
from pathlib import Path
from typing import Any

from services.chassis.codec import Codec
from services.chassis.context import Context
from services.chassis.health import Health
from services.chassis.metrics import Metrics
from services.chassis.schema_registry import SchemaRegistry
from services.chassis.settings import ChassisSettings
from services.chassis.store import Store
from services.contracts.pipeline import Pipeline
from tests.platform import pipeline_named
from tests.schema_server import SchemaServer

MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
MICROS = {"type": "long", "logicalType": "timestamp-micros"}
EVENT: dict[str, Any] = {
    "type": "record",
    "name": "Sold",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "at", "type": MILLIS},
        {"name": "seen", "type": ["null", MILLIS], "default": None},
        {"name": "amount", "type": "double"},
    ],
}
LABEL: dict[str, Any] = {
    "type": "record",
    "name": "Judged",
    "namespace": "shop",
    "fields": [{"name": "id", "type": "string"}, {"name": "bad", "type": "boolean"}],
}
VECTOR = "driftmill.FeatureVector"


def vector(chance: random.Random) -> dict[str, Any]:
    """A feature vector."""
    return {
        "seq": chance.randint(0, 2**40),
        "event_id": f"e{chance.randint(0, 99)}",
        "event_time": chance.randint(0, 2**50),
        "feature_set": "abc",
        "numbers": chance.randbytes(16),
        "categories": ["a", "b"],
        "error": None,
    }


def settings(**changes: Any) -> ChassisSettings:
    """Settings of a service of the pipeline `shop`."""
    return ChassisSettings(pipeline="shop", **changes)


def codec_at(server: SchemaServer) -> Codec:
    """The codec of a process of its own."""
    return Codec("shop", EVENT, LABEL, SchemaRegistry(server.url))


def context(codec: Codec, home: Path, pipeline: Pipeline | None = None) -> Context:
    """A process's environment, without a broker."""
    made = settings(home=home)
    return Context(
        made,
        pipeline or pipeline_named("shop"),
        codec,
        Store(made.store_url),
        "cluster",
        Health(),
        Metrics("features", "shop"),
        threading.Event(),
    )
