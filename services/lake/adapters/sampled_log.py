"""The log of one stage of features, as the lake keeps it, of the entities of a sample."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from services.kernel.computer import ColumnRecords
from services.kernel.tables import Ints, Singles
from services.kernel.vector import WIDTH, unpack
from services.lake.adapters.arrow_columns import coded
from services.lake.adapters.lake_log import LakeLog
from services.lake.domain.sample import Sample, hashed

Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sampled:
    """Records of a stretch. sample: after it. facts, texts: of its events, as of a Stretch. known: events of which all
    is there that their features follow from."""

    sample: Sample
    records: ColumnRecords
    facts: Any
    texts: Mapping[str, Any]
    known: Truths


class SampledLog:
    """log: of the whole stage. earlier: how many features the stages before it have, 0 for the first. forgotten:
    whether rows of this key of the first entity were erased."""

    def __init__(self, log: LakeLog, earlier: int, is_first: bool, forgotten: Callable[[str], bool]) -> None:
        self._log, self._earlier, self._is_first, self._forgotten = log, earlier, is_first, forgotten
        self.origin, self.times = log.origin, log.times

    def read(self, partition: int, start: int, end: int, sample: Sample) -> Sampled:
        """Records between two offsets. sample: before them. Raises Refused where the lake lacks events."""
        events, labels = self._log.rows(partition, start, end, *(() if self._is_first else ("numbers",)))
        own, of_events = self._hashes(events)
        of_labels = _hashes_of(labels["kafka_key"])
        sample = sample.update(np.unique(np.concatenate((of_events[own], of_labels))))
        events = events.filter(pa.array(sample.holds(of_events)))
        labels = labels.filter(pa.array(sample.holds(of_labels)))
        earlier, fits = (None, np.ones(len(events), bool)) if self._is_first else self._before(events)
        stretch = self._log.stretch(partition, end, events, labels, earlier)
        known = fits & ~self._are_forgotten(events["kafka_key" if self._is_first else "key"])
        return Sampled(sample, stretch.records, stretch.facts, stretch.texts, known)

    def _hashes(self, events: Any) -> tuple[Truths, Ints]:
        """Which events have the entity of this stage, and the hashes of their keys; those without go by their first
        entity, whose share is the same."""
        keys = _hashes_of(events["kafka_key"])
        if self._is_first:
            return np.ones(len(keys), bool), keys
        codes, texts = coded(events["kafka_key"])
        own = np.array([bool(text) for text in texts], bool)[codes]
        return own, np.where(own, keys, _hashes_of(events["key"]))

    def _before(self, events: Any) -> tuple[Singles, Truths]:
        """Features of the stages before, as they came; those of other definitions are not known."""
        found = events["numbers"].to_pylist()
        size = WIDTH * self._earlier
        fits = np.array([len(one) == size for one in found], bool)
        return unpack([one if len(one) == size else bytes(size) for one in found], self._earlier), fits

    def _are_forgotten(self, keys: Any) -> Truths:
        codes, texts = coded(keys)
        return np.array([self._forgotten(text) for text in texts[:-1]] + [False], bool)[codes]


def _hashes_of(keys: Any) -> Any:
    codes, texts = coded(keys)
    return np.append(hashed(texts[:-1].tolist()), np.uint64(0))[codes]
