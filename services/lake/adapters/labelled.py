"""Outcomes of files: features computed from them beside the labels in them, as the table of outcomes has them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from services.contracts.pipeline import Pipeline
from services.lake.adapters.arrow_columns import as_texts, integers
from services.lake.adapters.file_log import FileRecords

_TIME = pa.timestamp("us", tz="UTC")


def write_outcomes(pipeline: Pipeline, records: FileRecords, features: str, outcomes: str) -> int:
    """Write a table of outcomes, as far as rows are learnt from it; gives their number.

    features: URI of the table that a backfill of the records wrote. outcomes: URI to write. Of an event without a
    label the label is null, or 0 from maturity on where the pipeline says so.
    """
    rows = DeltaTable(features).to_pyarrow_table().sort_by("seq")
    label, known_at = _labels(pipeline, records)
    numbers = [rows[name].to_numpy() for name in pipeline.resolved.numbers]
    texts = [rows[name].to_pylist() for name in pipeline.resolved.categories]
    count, entity = len(rows), pipeline.resolved.chain[0].field
    packed = np.column_stack(numbers).astype("<f4") if numbers else np.empty((count, 0), "<f4")
    columns = {
        "kafka_partition": pa.array(np.zeros(count, np.int32)),
        "kafka_offset": rows["seq"],
        "kafka_key": as_texts(records.events[entity]),
        **{name: rows[name] for name in ("seq", "event_id", "event_time", "feature_set")},
        "status": pa.repeat("on_time", count),
        "label": label,
        "label_time": known_at,
        "score": pa.nulls(count, pa.float64()),
        "decision": pa.nulls(count, pa.bool_()),
        "model": pa.repeat("", count),
        "numbers": pa.array([row.tobytes() for row in packed], pa.binary()),
        "categories": pa.array([list(row) for row in zip(*texts, strict=True)] or [[]] * count, pa.list_(pa.string())),
        "slices": pa.array([[]] * count, pa.map_(pa.string(), pa.string())),
    }
    write_deltalake(outcomes, pa.table(columns))
    return count


def _labels(pipeline: Pipeline, records: FileRecords) -> tuple[Any, Any]:
    """Label and label time of each event."""
    target, known = pipeline.label.target, pipeline.label.known
    named = records.labels[target.field]
    if target.classes is not None:
        classes = pa.array(target.task.names)
        told = pc.index_in(named.cast(pa.string()), classes)
    elif target.task.has_classes:
        told = pc.equal(named, pa.scalar(target.positive).cast(named.type)).fill_null(False)
    else:
        told = named.cast(pa.float64())
    found = np.full(len(records.events), np.nan)
    times = integers(records.events[pipeline.event.time.field]) + int(known.maturity or 0)
    if known.silence == "negative":
        found[:] = 0.0
    there = records.event_of >= 0
    found[records.event_of[there]] = np.asarray(told.to_numpy(), np.float64)[there]
    times[records.event_of[there]] = integers(records.labels[known.time])[there]
    return pa.array(found, mask=np.isnan(found)), pa.array(times).cast(_TIME)
