"""Wires ingestion: the HTTP intake as a service, a replay as a program that ends."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd

from services.chassis.configs import applied_pipeline, codec_for
from services.chassis.progress import Settled
from services.chassis.references import References
from services.chassis.runner import ServiceRunner
from services.chassis.store import Store
from services.chassis.topic_admin import check_topics
from services.contracts.pipeline import Duration, Pipeline
from services.contracts.pipeline.label import LABEL_KEY
from services.contracts.reference import reference_to
from services.ingestion.adapters.pace import Pace
from services.ingestion.adapters.raw_log import Layout, RawLog
from services.ingestion.adapters.source import read_source
from services.ingestion.adapters.table import read_table
from services.ingestion.domain.keys import event_keys, label_keys
from services.ingestion.domain.known_order import known_order
from services.ingestion.domain.referring import Put, referring
from services.ingestion.domain.rows import Rows
from services.ingestion.settings import IngestionSettings
from services.ingestion.step import Replay, Report, Stream


@dataclass(frozen=True)
class Order:
    """What to replay and how. pace: `settled`, `max`, or a multiple of event time as text. final: see Replay."""

    source: Path | None = None
    data: Path | None = None
    labels: Path | None = None
    seed: int = 7
    options: Mapping[str, str] = field(default_factory=dict)
    pace: str = "settled"
    step: str | None = None
    topics: Layout = "raw"
    settle_seconds: float = 600.0
    final: bool = False


def build(settings: IngestionSettings) -> ServiceRunner:
    """The HTTP intake, ready to run."""
    from services.ingestion.adapters.http import Intake

    return ServiceRunner(
        "ingestion", settings, lambda context: Intake(context, settings.intake_host, settings.intake_port)
    )


def replay(settings: IngestionSettings, order: Order, report: Report) -> None:
    """Play a stream to its end. Raises ValueError for bad input, TransientError and Stop for a bad environment."""
    speed = _speed(order.pace)
    check_topics(settings)
    pipeline = applied_pipeline(settings)
    codec = codec_for(settings, pipeline)
    stream = read_stream(pipeline, order, References(Store(settings.store_url)).put)
    step = Duration(order.step) if order.step else pipeline.monitor.window
    maturity = pipeline.label.known.maturity or 0
    report({"progress": "begin", "events": len(stream.events), "labels": len(stream.labels), "step": int(step)})

    def waits(what: str) -> None:
        report({"progress": "wait", "for": what})

    stages, yardsticks = pipeline.resolved.stages, pipeline.monitor.yardsticks
    settling = None if order.pace == "max" else Settled(settings, codec, stages, yardsticks)
    try:
        pace = Pace(speed, settling, order.settle_seconds, waits)
        log = RawLog(settings, codec, order.topics)
        window = int(pipeline.monitor.window)
        Replay(log, pace, report, int(step), int(maturity), window, order.final).play(stream)
    finally:
        if settling is not None:
            settling.close()


def read_stream(pipeline: Pipeline, order: Order, put: Put = reference_to) -> Stream:
    """The rows to play, in their order. Raises ValueError for what can't be read or doesn't fit the schemas.

    put: stores bytes that stand where the event has a reference, and gives that.
    """
    view = pipeline.resolved
    event_table, label_table = _tables(pipeline, order)
    event_table = referring(event_table, [name for name, kind in view.kinds.items() if kind == "reference"], put)
    events = Rows(event_table, view.event_schema, view.event_types)
    del event_table
    labels = _labels(pipeline, label_table, events)
    times, known = events.column(pipeline.event.time.field), labels.column(pipeline.label.known.time)
    label_id = pipeline.label.id or pipeline.event.id
    return Stream(
        view.event_record_name,
        view.label_record_name,
        events,
        event_keys(events, view.entity_field),
        labels,
        label_keys(labels, events, view.label_entity_field or view.entity_field, label_id, pipeline.event.id),
        known_order(times.to_numpy(np.int64), known.to_numpy(np.int64)),
    )


def _labels(pipeline: Pipeline, table: pd.DataFrame, events: Rows) -> Rows:
    """With the keys that answers would have given them, where they are to have some and the table has none."""
    view, label_id = pipeline.resolved, pipeline.label.id or pipeline.event.id
    if not len(table.columns):  # events alone are a stream too
        table = pd.DataFrame(columns=[field["name"] for field in view.label_schema["fields"]])
    if pipeline.label.join == LABEL_KEY and LABEL_KEY not in table:
        fields = [field for field in view.label_schema["fields"] if field["name"] == label_id]
        named = Rows(table, {**view.label_schema, "fields": fields}, view.label_types)
        keys = label_keys(named, events, view.entity_field, label_id, pipeline.event.id)
        table = table.assign(**{LABEL_KEY: keys})
    return Rows(table, view.label_schema, view.label_types)


def print_report(line: dict[str, Any]) -> None:
    """One JSON object a line on standard output, for programs."""
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


def _tables(pipeline: Pipeline, order: Order) -> tuple[pd.DataFrame, pd.DataFrame]:
    if order.source is not None:
        return read_source(order.source, order.data, order.seed, order.options)
    if order.data is None:
        raise ValueError(f"name what to replay into {pipeline.name}: --source program.py, or --data file")
    return read_table(order.data), read_table(order.labels) if order.labels else pd.DataFrame()


def _speed(pace: str) -> float | None:
    if pace in ("settled", "max"):
        return None
    try:
        speed = float(pace)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ValueError(f"--pace is settled, max or a positive multiple of event time such as 20, not {pace}")
    return speed
