"""What was removed from the lake's outcomes on purpose, as its table `removed` tells it."""

from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from services.chassis.errors import Refused

_EXPIRED, _ERASED = "expired", "erased"


class Erased(NamedTuple):
    """Rows of a dataset that are gone because a person asked. requests: their ids."""

    rows: int
    requests: tuple[str, ...]


def refuse_expired(store_uri: str, pipeline: str, dataset: Mapping[str, Any]) -> None:
    """Raises Refused if rows of a dataset are gone because they were past their time."""
    for bounds in dataset["ranges"]:
        gone = [row for row in _within(store_uri, pipeline, bounds) if row["cause"] == _EXPIRED]
        if gone:
            last = max(gone, key=lambda row: int(row["to_offset"]))
            raise Refused(
                f"Dataset {dataset['dataset_id']} begins at offset {bounds['from_offset']} of outcomes"
                f"[{bounds['partition']}], but the rows before offset {last['to_offset']} are gone: the pipeline keeps "
                f"none for longer (lake.keep; {last['removal_id']}). What was made of them can't be made again; "
                "datasets made since begin behind them."
            )


def erased_from(store_uri: str, pipeline: str, dataset: Mapping[str, Any]) -> Erased:
    """What was erased from a dataset's ranges; revisions that didn't count are counted too."""
    rows, requests = 0, set[str]()
    for bounds in dataset["ranges"]:
        gone = [row for row in _within(store_uri, pipeline, bounds) if row["cause"] == _ERASED]
        requests |= {row["removal_id"] for row in gone}
        # what a kill had noted twice went once
        spans = (
            range(max(r["from_offset"], bounds["from_offset"]), min(r["to_offset"], bounds["to_offset"])) for r in gone
        )
        rows += len(set(chain.from_iterable(spans)))
    return Erased(rows, tuple(sorted(requests)))


def _within(store_uri: str, pipeline: str, bounds: Mapping[str, int]) -> list[dict[str, Any]]:
    """The removals of outcomes that touch a range."""
    try:
        table = DeltaTable(f"{store_uri.rstrip('/')}/lake/{pipeline}/removed")
    except TableNotFoundError:
        return []
    here = (pc.field("table") == "outcomes") & (pc.field("kafka_partition") == bounds["partition"])
    touched = (pc.field("to_offset") > bounds["from_offset"]) & (pc.field("from_offset") < bounds["to_offset"])
    # a process that ended right after a read with threads would be aborted by Arrow now and then
    found: list[dict[str, Any]] = (
        table.to_pyarrow_dataset().to_table(filter=here & touched, use_threads=False).to_pylist()
    )
    return found
