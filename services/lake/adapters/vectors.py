"""The vectors of entities as they were served, from the lake's table of features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import TableNotFoundError

from services.chassis.errors import Refused
from services.contracts.pipeline import Layout
from services.lake.adapters.delta import table_uri
from services.lake.domain.as_of import NONE, Ints, clocks, newest

_VECTOR = {name: name for name in ("seq", "event_id", "feature_set", "numbers", "categories", "error")} | {
    "appended": "kafka_time"
}
_FACTS = frozenset({"entity", "time", "event_id", "event_time", "appended", "as_of", "feature_set"})


@dataclass(frozen=True)
class Vectors:
    """Vectors of a pipeline in a store.

    wanted: the columns that are read. layouts: of the feature sets that can be read, by name; a column that a vector
    lacks, or that meant something else then, is missing in it.
    """

    store: str
    pipeline: str
    wanted: Layout
    layouts: Mapping[str, Layout]

    def __post_init__(self) -> None:
        if taken := _FACTS & {*self.wanted.digests}:
            raise Refused(f"{', '.join(sorted(taken))} names a feature and a column that tells of the vector.")

    def read(self, entities: Sequence[str], times: Ints | None) -> pd.DataFrame:
        """The newest vector of each entity at each time (microseconds; None: now), a row each, in their order.

        Columns: event_id, event_time (of the event that it was served for), appended (when Kafka took it), as_of (the
        time that it knows of), feature_set, then numbers as float32 and categories as text. Missing where no vector is
        known. Raises Refused if the lake keeps none.
        """
        events = self._of(entities, "features", {**_VECTOR, "key": "kafka_key", "time": "event_time"})
        events = events[events["error"].isna()].reset_index(drop=True)
        events["as_of"] = clocks(events, self._labels(entities))
        return self._decoded(events, newest(events, events["as_of"].to_numpy(np.int64), entities, times))

    def kept_through(self) -> pd.Timestamp:
        """Event time of the newest vector that the lake keeps."""
        (row,) = self._asked("features", "SELECT max(event_time) AS newest FROM features").to_pylist()
        return pd.Timestamp(row["newest"])

    def _labels(self, entities: Sequence[str]) -> pd.DataFrame:
        """When labels of entities became known; none where the lake keeps none."""
        columns = {"key": "kafka_key", "after_seq": "after_seq", "time": "known_at"}
        try:
            return self._of(entities, "labels", columns)
        except Refused:
            return pd.DataFrame({"key": [], "after_seq": [], "time": []}, dtype=np.int64)

    def _of(self, entities: Sequence[str], name: str, columns: Mapping[str, str]) -> pd.DataFrame:
        """Rows of entities, times in microseconds. columns: the name that each gets → its name in the table."""
        read = ", ".join(f'{source} AS "{column}"' for column, source in columns.items())
        keys = ", ".join(f"'{text}'" for text in sorted({one.replace("'", "''") for one in entities}))
        rows = self._asked(name, f"SELECT {read} FROM {name} WHERE kafka_key IN ({keys or 'NULL'})")
        plain = [(field.name, _plain(field.type)) for field in rows.schema]
        frame: pd.DataFrame = rows.cast(pa.schema(plain)).to_pandas()
        return frame

    def _asked(self, name: str, sql: str) -> Any:
        """Rows by SQL, as an Arrow table: threads of a scan by pyarrow may outlive the process, which then aborts."""
        uri, asked = table_uri(self.store, self.pipeline, name), QueryBuilder()
        try:
            asked.register(name, DeltaTable(uri))
        except TableNotFoundError as error:
            raise Refused(f"There is no table {uri}: the lake hasn't kept vectors of this pipeline yet.") from error
        return pa.RecordBatchReader.from_stream(asked.execute(sql)).read_all()

    def _decoded(self, events: pd.DataFrame, chosen: Any) -> pd.DataFrame:
        known = chosen != NONE
        rows = events.iloc[chosen[known]]
        found: dict[str, Any] = {"event_id": _texts(rows["event_id"], known)}
        for name, column in (("event_time", "time"), ("appended", "appended"), ("as_of", "as_of")):
            times = rows[column].to_numpy("datetime64[us]")
            found[name] = pd.Series(_spread(times, known, np.datetime64("NaT", "us"))).dt.tz_localize("UTC")
        found["feature_set"] = _texts(rows["feature_set"], known)
        numbers, categories = self._columns(rows)
        found |= {name: _spread(column, known, np.float32(np.nan)) for name, column in numbers.items()}
        found |= {name: _texts(column, known) for name, column in categories.items()}
        return pd.DataFrame(found)

    def _columns(self, rows: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any]]:
        """The wanted columns of rows, by name."""
        numbers = {name: np.full(len(rows), np.nan, np.float32) for name in self.wanted.numbers}
        categories = {name: np.full(len(rows), None, object) for name in self.wanted.categories}
        for feature_set in rows["feature_set"].unique():
            layout = self.layouts.get(feature_set)
            if layout is None:
                continue
            its = np.flatnonzero(rows["feature_set"] == feature_set)
            packed = np.frombuffer(b"".join(rows["numbers"].iloc[its]), "<f4").reshape(len(its), -1)
            for name in self._shared(layout, layout.numbers):
                numbers[name][its] = packed[:, layout.numbers.index(name)]
            for name in self._shared(layout, layout.categories):
                place = layout.categories.index(name)
                categories[name][its] = [row[place] for row in rows["categories"].iloc[its]]
        return numbers, categories

    def _shared(self, layout: Layout, names: Sequence[str]) -> list[str]:
        return [name for name in names if self.wanted.digests.get(name) == layout.digests[name]]


def _plain(kind: Any) -> Any:
    """Times as integers, and lists of texts as pandas can take them."""
    if pa.types.is_timestamp(kind):
        return pa.int64()
    return pa.list_(pa.string()) if pa.types.is_list(kind) else kind


def _spread(values: Any, known: Any, missing: Any) -> Any:
    """Values at the places that are known, and `missing` elsewhere."""
    found = np.full(len(known), missing, values.dtype)
    found[known] = values
    return found


def _texts(values: Any, known: Any) -> Any:
    return pd.Series(_spread(np.asarray(values, object), known, None), dtype=object)
