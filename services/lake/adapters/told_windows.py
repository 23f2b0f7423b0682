"""Which windows of skew were published, as far as the lake has them."""

import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from services.contracts.skew import STREAM
from services.lake.adapters.arrow_columns import integers
from services.lake.adapters.delta import table_uri
from services.lake.adapters.topic_log import Place


def told_windows(store_url: str, pipeline: str) -> dict[Place, int]:
    """By stage and partition, the end of the last one in microseconds."""
    try:
        profiles = DeltaTable(table_uri(store_url, pipeline, "profiles")).to_pyarrow_dataset()
    except TableNotFoundError:
        return {}
    # rows of this table are never deleted, so it may be asked for texts
    found = profiles.to_table(
        columns=["slice", "partition", "window_end"], filter=pc.field("stream") == STREAM, use_threads=False
    )
    ends: dict[Place, int] = {}
    partitions, window_ends = integers(found["partition"]).tolist(), integers(found["window_end"]).tolist()
    for stage, number, end in zip(found["slice"].to_pylist(), partitions, window_ends, strict=True):
        ends[stage, number] = max(ends.get((stage, number), 0), end)
    return ends
