"""Plays a table of events and labels as a live source would have sent them, chunk by chunk of event time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from services.ingestion.domain.chunks import Chunk, chunks, last_tick
from services.ingestion.domain.known_order import KnownOrder

Row = dict[str, Any]
Report = Callable[[dict[str, Any]], None]

_BATCH = 200
"""Rows between two looks at the pace."""
_BLOCK = 2_000
"""Rows that are made at a time."""


class Log(Protocol):
    """Where raw records go."""

    def event(self, kind: str, key: str, value: Row) -> None: ...

    def label(self, kind: str, key: str, value: Row) -> None: ...

    def tick(self, time: int) -> None: ...


class Tempo(Protocol):
    """When rows are due, and when the chain is at rest."""

    def until(self, time: int) -> None: ...

    def rest(self, end: int) -> None: ...


class Table(Protocol):
    """Rows that are made as they are asked for."""

    def __len__(self) -> int: ...

    def take(self, index: NDArray[np.int64]) -> list[Row]: ...


@dataclass(frozen=True)
class Stream:
    """Rows with their keys, and the order in which they became known. *_kind: full Avro names."""

    event_kind: str
    label_kind: str
    events: Table
    event_keys: Sequence[str]
    labels: Table
    label_keys: Sequence[str]
    order: KnownOrder


@dataclass(frozen=True)
class Replay:
    """step: length of a chunk. maturity, window: of the pipeline; microseconds all. report: told of each chunk.

    final: nothing comes after the stream, so time passes to where every outcome is final. Otherwise time passes no
    further than the last event, and whatever follows it is in time.
    """

    log: Log
    pace: Tempo
    report: Report
    step: int
    maturity: int
    window: int
    final: bool

    def play(self, stream: Stream) -> None:
        """Write everything; after each chunk a tick, then rest; at the end of a final stream one more of both."""
        end, counts = 0, [0, 0]
        latest = None if self.final else _last_event(stream.order)
        for number, chunk in enumerate(chunks(stream.order.times, self.step)):
            self._write(stream, chunk)
            counts[1] += int(np.count_nonzero(stream.order.is_label[chunk.start : chunk.stop]))
            counts[0] = chunk.stop - counts[1]
            end = chunk.end if latest is None else min(chunk.end, latest)
            self.log.tick(end)
            self.pace.rest(end)
            self.report({"progress": "chunk", "chunk": number, "clock": end, "events": counts[0], "labels": counts[1]})
        if end and self.final:
            end = last_tick(end, self.maturity, self.window)
            self.log.tick(end)
            self.pace.rest(end)
        self.report({"progress": "end", "clock": end, "events": counts[0], "labels": counts[1]})

    def _write(self, stream: Stream, chunk: Chunk) -> None:
        for start in range(chunk.start, chunk.stop, _BLOCK):
            part = slice(start, min(start + _BLOCK, chunk.stop))
            is_label, index = stream.order.is_label[part], stream.order.index[part]
            events, labels = iter(stream.events.take(index[~is_label])), iter(stream.labels.take(index[is_label]))
            for place, (labelled, row) in enumerate(zip(is_label.tolist(), index.tolist(), strict=True), start):
                if (place - chunk.start) % _BATCH == 0:
                    self.pace.until(int(stream.order.times[place]))
                if labelled:
                    self.log.label(stream.label_kind, stream.label_keys[row], next(labels))
                else:
                    self.log.event(stream.event_kind, stream.event_keys[row], next(events))


def _last_event(order: KnownOrder) -> int | None:
    events = order.times[~order.is_label]
    return int(events[-1]) if len(events) else None
