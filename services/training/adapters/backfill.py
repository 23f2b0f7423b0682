"""Features that a backfill computed for events that were answered with others: what was learnt from before a change of
features may be learnt from after it too."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from deltalake import DeltaTable

from services.contracts.pipeline import Pipeline

Reach: TypeAlias = Sequence[Mapping[str, int]]
"""Per `partition` of the log the last `seq` whose features are there: rows that come later to the table don't count, so
that a rebuild finds the same."""

_EVENT = ["partition", "seq", "event_id"]


def reach_of(store_uri: str, pipeline: Pipeline) -> Reach:
    """How far the backfill of the pipeline's features has come; nothing if there is none."""
    uri = _uri(store_uri, pipeline)
    if not DeltaTable.is_deltatable(uri):
        return []
    last = (
        DeltaTable(uri)
        .to_pyarrow_dataset()
        .to_table(columns=_EVENT[:2])
        .group_by("partition")
        .aggregate([("seq", "max")])
    )
    found = sorted(zip(last["partition"].to_pylist(), last["seq_max"].to_pylist(), strict=True))
    return [{"partition": partition, "seq": seq} for partition, seq in found]


def filled(outcomes: pd.DataFrame, reach: Reach, store_uri: str, pipeline: Pipeline) -> pd.DataFrame:
    """The outcomes, with the pipeline's features where the answer had others and the backfill has them.

    outcomes: as `read_outcomes` gives them. What the backfill doesn't have stays as it is.
    """
    resolved = pipeline.resolved
    foreign = np.flatnonzero(outcomes["feature_set"] != resolved.feature_set)
    if not len(foreign) or not reach:
        return outcomes
    chosen = reduce(or_, (_within(bounds) for bounds in reach))
    columns = [*_EVENT, *resolved.numbers, *resolved.categories]
    table = (
        DeltaTable(_uri(store_uri, pipeline)).to_pyarrow_dataset().to_table(columns=columns, filter=chosen).to_pandas()
    )
    places = pd.MultiIndex.from_frame(table[_EVENT]).get_indexer(
        pd.MultiIndex.from_frame(outcomes.iloc[foreign][_EVENT])
    )
    foreign, found = foreign[places >= 0], table.iloc[places[places >= 0]]
    return _replaced(outcomes, foreign, found, pipeline)


def _replaced(outcomes: pd.DataFrame, places: Any, found: pd.DataFrame, pipeline: Pipeline) -> pd.DataFrame:
    resolved, made = pipeline.resolved, outcomes.copy()
    numbers = found[list(resolved.numbers)].to_numpy("<f4")
    made.loc[places, "feature_set"] = resolved.feature_set
    made.loc[places, "numbers"] = pd.Series([row.tobytes() for row in numbers], places, dtype=object)
    texts = found[list(resolved.categories)].to_numpy(object).tolist() if resolved.categories else [[]] * len(found)
    made.loc[places, "categories"] = pd.Series(texts, places, dtype=object)
    return made


def _within(bounds: Mapping[str, int]) -> Any:
    return (pc.field("partition") == bounds["partition"]) & (pc.field("seq") <= bounds["seq"])


def _uri(store_uri: str, pipeline: Pipeline) -> str:
    return f"{store_uri.rstrip('/')}/lake/{pipeline.name}/backfill_{pipeline.resolved.feature_set}"
