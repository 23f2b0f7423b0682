"""The rows of a dataset, read from the lake's table of outcomes."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
from deltalake import DeltaTable

from services.contracts.sample import Sample
from services.training.adapters.removed import refuse_expired

_ALL = 2**62

_COLUMNS = {
    "partition": "kafka_partition",
    "offset": "kafka_offset",
    "key": "kafka_key",
    "seq": "seq",
    "event_id": "event_id",
    "event_time": "event_time",
    "status": "status",
    "label": "label",
    "label_time": "label_time",
    "score": "score",
    "decision": "decision",
    "model": "model",
    "feature_set": "feature_set",
    "numbers": "numbers",
    "categories": "categories",
    "slices": "slices",
    "propensity": "propensity",
}

_FIRST = _COLUMNS | {"decided_class": "decided_class", "label_class": "label_class"}


def read_outcomes(store_uri: str, pipeline: str, dataset: Mapping[str, Any]) -> pd.DataFrame:
    """One row for each matured event of a dataset, by event time, partition and seq.

    store_uri: `file:///…` or `s3://…`. dataset: a `driftmill.DatasetExtended`. Rows are those of its offset ranges,
    whatever was appended or compacted since: of each event the newest outcome, up to the range's `matured_seq`, orphans
    left out. Columns: partition, offset, key (of the primary entity), seq, event_id, status, label (NaN where none is
    known), score (NaN for a failed answer), decision, model, feature_set; event_time and label_time in microseconds,
    label_time of a missing label being when it was given up; numbers: packed little-endian float32; categories: array
    of strings; slices: dict; propensity: NaN where it was written before there was one, absent where all were.

    Raises deltalake.exceptions.TableNotFoundError without a table, Refused if rows are gone that were past their time.
    """
    refuse_expired(store_uri, pipeline, dataset)
    table = table_of(store_uri, pipeline)
    chosen = reduce(or_, (_in_range(bounds) for bounds in dataset["ranges"]))
    columns = {name: pc.field(column) for name, column in _COLUMNS.items() if column in table.schema.names}
    rows = table.to_table(columns=columns, filter=chosen)
    frame: pd.DataFrame = _in_microseconds(rows).to_pandas(maps_as_pydicts="strict")
    frame = frame.sort_values(["partition", "offset"]).drop_duplicates(["partition", "seq"], keep="last")
    return frame.sort_values(["event_time", "partition", "seq"], ignore_index=True)


def table_of(store_uri: str, pipeline: str) -> pa.dataset.Dataset:
    """The lake's table of outcomes as it is now. Raises deltalake.exceptions.TableNotFoundError without one."""
    return DeltaTable(f"{store_uri.rstrip('/')}/lake/{pipeline}/outcomes").to_pyarrow_dataset()


def first_outcomes(
    table: pa.dataset.Dataset, dataset: Mapping[str, Any], before: Mapping[int, int], share: float
) -> Any:
    """The outcomes by which a dataset is larger than the one before it, as they were told first, in no order.

    What was corrected since isn't, so that it is the same whenever it is read. before: `matured_seq` of each partition
    in the dataset before. share: of the events so many are read, chosen by their numbers. Columns as `read_outcomes`,
    and decided_class, label_class.
    """
    columns = {name: pc.field(column) for name, column in _FIRST.items() if column in table.schema.names}
    parts = [_sampled(table.scanner(columns, _is_new(bounds, before)), share) for bounds in dataset["ranges"]]
    return _in_microseconds(pa.concat_tables(parts)).to_pandas(maps_as_pydicts="strict")


def _is_new(bounds: Mapping[str, int], before: Mapping[int, int]) -> Any:
    partition = bounds["partition"]
    inside = (pc.field("seq") > before.get(partition, -1)) & (pc.field("seq") <= bounds["matured_seq"])
    return (pc.field("kafka_partition") == partition) & inside & (pc.field("revision") == 0)


def _sampled(scanner: pa.dataset.Scanner, share: float) -> pa.Table:
    """Batch by batch, so that what isn't chosen is never held."""
    sample = Sample(share)
    chosen = [batch.filter(pa.array(sample.chosen(batch["seq"].to_numpy()))) for batch in scanner.to_batches()]
    return pa.Table.from_batches(chosen, scanner.projected_schema)


def everything(store_uri: str, pipeline: str) -> dict[str, Any]:
    """A dataset of all outcomes that the lake holds by now, matured or not. Raises as `read_outcomes`."""
    table = table_of(store_uri, pipeline)
    partitions = pc.unique(table.to_table(columns=["kafka_partition"])["kafka_partition"])
    bounds = {"from_offset": 0, "to_offset": _ALL, "matured_seq": _ALL}
    return {"ranges": [{"partition": partition, **bounds} for partition in sorted(partitions.to_pylist())]}


def _in_range(bounds: Mapping[str, int]) -> Any:
    offset, seq = pc.field("kafka_offset"), pc.field("seq")
    inside = (offset >= bounds["from_offset"]) & (offset < bounds["to_offset"])
    matured = (seq >= 0) & (seq <= bounds["matured_seq"])
    return (pc.field("kafka_partition") == bounds["partition"]) & inside & matured


def _in_microseconds(rows: pa.Table) -> pa.Table:
    plain = [(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in rows.schema]
    return rows.cast(pa.schema(plain))
