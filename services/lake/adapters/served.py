"""What a stage of features wrote of some events, as the lake keeps it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from services.contracts.pipeline import Pipeline
from services.kernel.tables import Ints, Singles
from services.kernel.vector import WIDTH, unpack
from services.lake.adapters.arrow_columns import integers
from services.lake.adapters.delta import table_uri
from services.lake.adapters.lake_log import Kept, partitions_of
from services.lake.adapters.lake_table import LakeTable
from services.lake.domain.table import tables_of

_VECTORS = ("seq", "kafka_partition", "feature_set", "numbers", "categories", "error")
_PASSED_ON = ("seq", "key", "feature_set", "numbers")


@dataclass(frozen=True, slots=True)
class Found:
    """written: events of which something was written. fits: those of which it is features of the present definitions.
    numbers, texts: of these, float32 [events, features] and texts [events, categories]."""

    written: NDArray[np.bool_]
    fits: NDArray[np.bool_]
    numbers: Singles
    texts: NDArray[Any]


class Served:
    """Outputs of stage `place` of a pipeline's chain. names: of the numbers; categories: of the texts.

    Raises Refused where the lake has no such table.
    """

    def __init__(self, kept: Kept, pipeline: Pipeline, place: int) -> None:
        resolved = pipeline.resolved
        others = resolved.chain[place + 1 :]
        self._is_last, self._partitions = not others, kept.partitions
        so_far = [one.name for entity in resolved.chain[: place + 1] for one in entity.features]
        self.names = resolved.numbers if self._is_last else tuple(so_far)
        self.categories = resolved.categories if self._is_last else ()
        self._feature_set = resolved.feature_set if self._is_last else resolved.set_before(place + 1)
        self.topic = others[0].stage if others else "features"
        self.table = tables_of(resolved.stages)[self.topic][0].name
        self._rows = LakeTable(table_uri(kept.store_url, pipeline.name, self.table), self.table)

    def of(self, facts: Any) -> Found:
        """Of some events. facts: see FACTS."""
        partitions, seqs = integers(facts["partition"]), integers(facts["seq"])
        rows, places = self._sought(partitions, seqs)
        written = places >= 0
        rows = rows.take(places[written])
        fits = np.zeros(len(seqs), bool)
        fits[written] = self._fit(rows)
        rows = rows.filter(pa.array(fits[written]))
        numbers = unpack(rows["numbers"].to_pylist(), len(self.names))
        categories = rows["categories"].to_pylist() if self.categories else []
        texts = np.array(categories, object).reshape(len(rows), len(self.categories))
        return Found(written, fits, numbers, texts)

    def _sought(self, partitions: Ints, seqs: Ints) -> tuple[Any, Ints]:
        """Rows, and of each event the place of its own, −1 where there is none."""
        rows = self._read(partitions, seqs)
        of = integers(rows["kafka_partition"]) if self._is_last else partitions_of(rows, self._partitions)
        held = integers(rows["seq"]) * self._partitions + of
        order = np.argsort(held, kind="stable")
        wanted = seqs * self._partitions + partitions
        at = np.searchsorted(held[order], wanted)
        there = at < len(held)
        there[there] = held[order][at[there]] == wanted[there]
        places = np.full(len(seqs), -1)
        places[there] = order[at[there]]
        return rows, places

    def _read(self, partitions: Ints, seqs: Ints) -> Any:
        if not len(seqs):
            return self._rows.by_seq(0, -1, _VECTORS if self._is_last else _PASSED_ON)
        if not self._is_last:
            return self._rows.by_seq(int(seqs.min()), int(seqs.max()), _PASSED_ON)
        parts = []
        for number in np.unique(partitions).tolist():
            its = seqs[partitions == number]
            parts.append(self._rows.by_seq(int(its.min()), int(its.max()), _VECTORS, number))
        return pa.concat_tables(parts)

    def _fit(self, rows: Any) -> Any:
        size = pc.equal(pc.binary_length(rows["numbers"]), WIDTH * len(self.names))
        same = pc.equal(rows["feature_set"].cast(pa.string()), self._feature_set)
        fits = pc.fill_null(pc.and_(size, same), fill_value=False)
        if self._is_last:
            fits = pc.and_(fits, pc.is_null(rows["error"]))
        return fits.to_numpy(zero_copy_only=False) if isinstance(fits, pa.Array) else fits.to_numpy()
