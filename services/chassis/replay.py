"""The silent replay of a log: what was processed goes into the state once more, and nothing comes out."""

import logging
from collections import defaultdict
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition

from services.chassis import clock, failpoint
from services.chassis.assignment import Positions, decode_all
from services.chassis.context import Context
from services.chassis.errors import TransientError
from services.chassis.step import Step, Waiting, take_all
from services.chassis.storage import FLUSH_RECORDS, Storage
from services.contracts.record import POISON

log = logging.getLogger(__name__)

_CHUNK = 4_000
_SILENCE = 15.0
_TO_MEASURE = 1_000


class Replay:
    """Brings the state of one partition forward. What changes is written on the way, so that memory doesn't grow."""

    def __init__(self, context: Context, step: Step[Any, Any], storage: Storage, partition: int, state: Any) -> None:
        self._context, self._step, self._storage = context, step, storage
        self._partition, self._state = partition, state
        self._waiting = {topic: Waiting() for topic in step.log}
        self._records = self._flushed = 0

    def run(self, reader: Consumer, starts: Positions, targets: Positions) -> None:
        """Fold in all from `starts` to `targets`. Raises TransientError where the log doesn't come."""
        at, remaining, silent, started = dict(starts), dict(targets), 0.0, clock.monotonic()
        self._read_from(reader, {topic: starts[topic] for topic in targets})
        while remaining:
            self._check(remaining, silent)
            messages = reader.consume(_CHUNK, 0.2)
            silent = 0.0 if messages else silent + 0.2
            self._take_in(messages, targets, remaining)
            at |= self._fold()
            failpoint.hit("replay")
            self._flush(at)
        self._fold()
        self._finish(targets, clock.monotonic() - started)

    def _read_from(self, reader: Consumer, starts: Positions) -> None:
        full = self._context.settings.topic
        reader.assign([TopicPartition(full(topic), self._partition, start) for topic, start in starts.items()])

    def _check(self, remaining: Positions, silent: float) -> None:
        self._context.health.tick()
        if self._context.stop.is_set():
            raise TransientError(f"told to stop during the replay of {sorted(remaining)}")
        if silent > _SILENCE:
            raise TransientError(f"replay of {sorted(remaining)} stopped coming")

    def _take_in(self, messages: list[Message], targets: Positions, remaining: Positions) -> None:
        come: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            topic = self._context.settings.short_topic(message.topic())
            offset, failed = message.offset() or 0, message.error() is not None
            if not failed and offset < targets[topic]:
                come[topic].append(message)
            if topic in remaining and offset >= targets[topic] - (0 if failed else 1):
                del remaining[topic]
                self._waiting[topic].ended = True
        for topic, its in come.items():
            self._waiting[topic].records += decode_all(self._context.codec, topic, its)
            self._records += len(its)

    def _fold(self) -> Positions:
        """Fold in what may be taken; gives the positions after it."""
        take = self._step.take if self._step.log == self._step.inputs else None
        after: Positions = {}
        while batch := (take(self._state, self._waiting, _CHUNK) if take else take_all(self._waiting, _CHUNK)):
            self._step.fold(self._state, [record for record in batch if record.kind != POISON])
            after |= {record.topic: record.offset + 1 for record in batch}
        return after

    def _flush(self, at: Positions) -> None:
        if self._records - self._flushed >= FLUSH_RECORDS:
            with self._context.metrics.state_work("copy"):
                changes = self._state.changes()
            self._storage.flush(self._partition, changes, dict(at))
            self._flushed = self._records

    def _finish(self, targets: Positions, seconds: float) -> None:
        if left := {topic: len(side.records) for topic, side in self._waiting.items() if side.records}:
            raise RuntimeError(
                f"replay of partition {self._partition} to {targets} left records that were processed: {left}"
            )
        if self._records >= _TO_MEASURE:
            self._storage.replay_rate = self._records / seconds
        told = {"partition": self._partition, "records": self._records, "positions": targets}
        log.info("state replayed", extra=told)
