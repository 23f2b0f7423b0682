"""Features once more, from the log alone, without services, batches or restarts."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from services.cli.domain.intake import EVENT, LABEL
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.kernel.computer import FeatureComputer, Records
from services.kernel.vector import pack


def fingerprint(numbers: bytes, categories: Sequence[str]) -> int:
    """Of a vector."""
    return crc32(numbers + b"\0" + "\0".join(categories).encode())


class Recompute:
    """The features of one partition, in the order of its log. Of several labels of an event the first counts."""

    def __init__(self, pipeline: Pipeline, computer: FeatureComputer) -> None:
        self._computer, self._rows = computer, computer.new_state()
        self.feature_set = pipeline.resolved.feature_set

    def fold(self, records: Sequence[Record]) -> list[int]:
        """Fingerprints of the vectors of the next records' events."""
        used = [one for one in records if one.kind == EVENT or (one.kind == LABEL and one.value["revision"] == 0)]
        if not used:
            return []
        computed = self._computer.compute(self._rows, _records(used))
        self._rows.scatter(computed.staged)
        return [fingerprint(*vector) for vector in zip(pack(computed.numbers), computed.categories, strict=True)]


def _records(used: Sequence[Record]) -> Records:
    times = [one.value["event_time" if one.kind == EVENT else "known_at"] for one in used]
    return Records(
        keys=[one.key for one in used],
        kinds=np.array([one.kind == LABEL for one in used], np.int8),
        times=np.array(times, np.int64),
        events=[one.value["payload"] for one in used if one.kind == EVENT],
        labels=[one.value["payload"] for one in used if one.kind == LABEL],
    )
