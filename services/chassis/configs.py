"""The applied pipeline: what `driftmill apply` wrote to `<pipeline>.configs`."""

from collections.abc import Mapping
from typing import Any

import orjson
from confluent_kafka import Producer

from services.chassis import client
from services.chassis.codec import Codec
from services.chassis.errors import Refused, TransientError
from services.chassis.reading import read_topic
from services.chassis.schema_registry import SchemaRegistry
from services.chassis.settings import ChassisSettings
from services.contracts.manifest import CHAMPION_KEY
from services.contracts.pipeline import Pipeline, PipelineInvalid

_CONFIG = "driftmill.ConfigApplied"
_BARE: dict[str, Any] = {"type": "record", "name": "Unknown", "namespace": "driftmill", "fields": []}


def codec_for(settings: ChassisSettings, pipeline: Pipeline) -> Codec:
    """The codec of a pipeline's topics."""
    registry = SchemaRegistry(settings.schema_registry)
    return Codec(
        settings.pipeline, dict(pipeline.resolved.event_schema), dict(pipeline.resolved.label_schema), registry
    )


def bare_codec(settings: ChassisSettings) -> Codec:
    """A codec for control topics, which needs no pipeline."""
    return Codec(settings.pipeline, _BARE, _BARE, SchemaRegistry(settings.schema_registry))


def applied_pipeline(settings: ChassisSettings) -> Pipeline:
    """The newest applied pipeline. Raises TransientError while there is none."""
    records = read_topic(settings, bare_codec(settings), "configs")
    newest = next((record for record in reversed(records) if record.kind == _CONFIG), None)
    if newest is None:
        raise TransientError(f"waiting for a configuration: run `driftmill apply` for pipeline {settings.pipeline}")
    try:
        return Pipeline.from_texts(newest.value["texts"])
    except PipelineInvalid as error:
        raise Refused(f"The applied configuration {newest.value['digest']} can't be read: {error}") from error


def apply_pipeline(settings: ChassisSettings, pipeline: Pipeline, by: str) -> bool:
    """Publish a pipeline unless it is the applied one already; True if it was published.

    Raises Refused if the model that answers reads what the pipeline's vectors don't have, or if classes have gone or
    stand otherwise.
    """
    codec = bare_codec(settings)
    _refuse_unserved(settings, codec, pipeline)
    records = read_topic(settings, codec, "configs")
    if records:
        refuse_other_classes(records[-1].value["texts"], pipeline)
    if records and records[-1].value.get("digest") == pipeline.digest:
        return False
    value = {"pipeline": pipeline.name, "digest": pipeline.digest, "texts": dict(pipeline.texts), "by": by}
    value["replaces"] = records[-1].value["digest"] if records else ""
    publish(settings, codec, "configs", pipeline.name, _CONFIG, value)
    return True


def _refuse_unserved(settings: ChassisSettings, codec: Codec, pipeline: Pipeline) -> None:
    told = [record for record in read_topic(settings, codec, "models") if record.key == CHAMPION_KEY]
    if not told or told[-1].raw_value is None:
        return
    champion = told[-1].value
    if lacking := pipeline.resolved.layout.lacks(orjson.loads(champion["manifest"])["input_digests"]):
        raise Refused(
            f"{champion['version']} answers, and reads what this pipeline doesn't send to its model: "
            f"{', '.join(lacking)}. Leave their definitions until a model that doesn't read them answers: give a "
            "changed one another name, and name the old ones under model.served, not model.inputs. Or go back to a "
            "model that doesn't read them, or to the baseline, with `driftmill rollback`."
        )


def refuse_other_classes(applied: Mapping[str, str], pipeline: Pipeline) -> None:
    """Labels are kept by the number of their class, and scores of a model by its place. Raises Refused.

    applied: the texts of the pipeline before.
    """
    try:
        earlier = Pipeline.from_texts(applied).label.target
    except PipelineInvalid:
        return  # of another version of the format
    if not pipeline.label.target.keeps(earlier):
        raise Refused(
            f"label.target.classes was applied as [{', '.join(earlier.task.names)}]: labels and models are kept by "
            "their places in it. Leave these as they are, and write further ones behind them."
        )


def publish(settings: ChassisSettings, codec: Codec, topic: str, key: str, kind: str, value: dict[str, Any]) -> None:
    """Write one record to a control topic and wait until Kafka has it. Raises TransientError."""
    failures: list[str] = []
    producer = Producer(client.idempotent_producer(settings, "publisher"))
    producer.produce(
        settings.topic(topic),
        key=key.encode(),
        value=codec.encode(topic, kind, value),
        partition=0,
        on_delivery=lambda error, _message: failures.append(error.str()) if error else None,
    )
    if producer.flush(15.0) or failures:
        raise TransientError(f"Kafka did not take the record for {topic}: {failures or 'no answer in 15 s'}")
