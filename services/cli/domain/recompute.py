"""Features once more, from the log alone, without services, batches or restarts."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from services.cli.domain.intake import EVENT, LABEL
from services.contracts.record import Record, Value
from services.kernel.computer import FeatureComputer, Records
from services.kernel.tables import Singles
from services.kernel.vector import WIDTH, pack, unpack

FORWARDED, FORWARDED_LABEL = "driftmill.EventForwarded", "driftmill.LabelForwarded"
EVENTS = frozenset({EVENT, FORWARDED})


def fingerprint(numbers: bytes, categories: Sequence[str]) -> int:
    """Of a vector."""
    return crc32(numbers + b"\0" + "\0".join(categories).encode())


class Recompute:
    """The features of one entity of the chain in one partition, in the order of its log.

    Of several labels of an event the first counts; labels that are passed on count where the entity has features of
    labels. Of an entity before the last, a vector is the features so far.
    """

    def __init__(self, computer: FeatureComputer, reads_labels: bool = True) -> None:
        self._computer, self._rows, self._reads_labels = computer, computer.new_state(), reads_labels

    def fold(self, records: Sequence[Record]) -> list[int]:
        """Fingerprints of the vectors of the next records' events."""
        used = [one for one in records if one.kind in EVENTS or self._counts(one)]
        if not used:
            return []
        computed = self._computer.compute(self._rows, self._records(used))
        self._rows.scatter(computed.staged)
        vectors = pack(computed.numbers)
        return [fingerprint(*one) for one in zip(vectors, computed.categories or [[]] * len(vectors), strict=True)]

    def _records(self, used: Sequence[Record]) -> Records:
        events = [one.value for one in used if one.kind in EVENTS]
        times = [one.value["event_time" if one.kind in EVENTS else "known_at"] for one in used]
        return Records(
            keys=[one.key for one in used],
            kinds=np.array([one.kind not in EVENTS for one in used], np.int8),
            times=np.array(times, np.int64),
            events=[value["payload"] for value in events],
            labels=[one.value["payload"] for one in used if one.kind not in EVENTS],
            earlier=self._earlier(events) if self._computer.earlier else None,
        )

    def _earlier(self, events: Sequence[Value]) -> Singles:
        """Features of the entities before; of another feature set, which nothing is compared with, perhaps none."""
        size = WIDTH * self._computer.earlier
        numbers = [value["numbers"] if len(value["numbers"]) == size else bytes(size) for value in events]
        return unpack(numbers, self._computer.earlier)

    def _counts(self, record: Record) -> bool:
        if record.kind == LABEL:
            return bool(record.value["revision"] == 0)
        return self._reads_labels and record.kind == FORWARDED_LABEL and bool(record.key)
