"""Keeps records out of the tables that a person had erased: those that come later, and those that are read again."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from services.chassis import clock
from services.chassis.configs import bare_codec
from services.chassis.reading import FOLLOWED_MS, TopicReader, read_topic
from services.chassis.settings import ChassisSettings
from services.contracts.record import Record
from services.lake.adapters.removals import Removals
from services.lake.domain.erasure import Erasure, Erasures
from services.lake.domain.removal import ERASED, Offsets, Removal, spans
from services.lake.domain.table import Table

KIND = "driftmill.ErasureRequested"


class Forgetting:
    """Follows `requests`. ids: of the topics by short name. Raises TransientError."""

    def __init__(self, settings: ChassisSettings, ids: Mapping[str, str], removals: Removals) -> None:
        self._removals, self._erasures = removals, Erasures(ids)
        self._reader = TopicReader(settings, bare_codec(settings), "requests", wait_ms=FOLLOWED_MS)
        self._heed(list(self._reader.to_end()))

    def follow(self) -> None:
        """Heed what was asked for meanwhile."""
        self._heed(self._reader.poll(0))

    def _heed(self, requests: Sequence[Record]) -> None:
        self._erasures.add([Erasure.of(record.value) for record in requests if record.kind == KIND])

    def kept(self, table: Table, records: Sequence[Record]) -> Sequence[Record]:
        """Those of some records that may be kept; the others are noted as removed."""
        if not table.about_entities:
            return records
        asked = [self._erasures.of(record) for record in records]
        gone = defaultdict(list)
        for request, record in zip(asked, records, strict=True):
            if request is not None:
                gone[request, record.partition].append(record.offset)
        if not gone:
            return records
        self._removals.add(
            [
                one
                for (request, partition), offsets in gone.items()
                for one in noted(request, table.name, partition, np.array(offsets))
            ]
        )
        return [record for request, record in zip(asked, records, strict=True) if request is None]

    def close(self) -> None:
        """Leave."""
        self._reader.close()


def forgotten(settings: ChassisSettings) -> Callable[[str], bool]:
    """Whether anybody has asked to erase the rows of a key of the first entity."""
    requests = read_topic(settings, bare_codec(settings), "requests")
    erasures = [Erasure.of(record.value) for record in requests if record.kind == KIND]
    return lambda key: any(one.is_of(key) for one in erasures)


def noted(request: str, table: str, partition: int, offsets: Offsets) -> list[Removal]:
    """What is noted of erased rows. offsets: of a partition, in order."""
    now = clock.now_us()
    return [Removal(request, ERASED, table, partition, *span, span.end - span.start, now) for span in spans(offsets)]
