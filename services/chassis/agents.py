"""Runs the Faust agents of a service: its state a fold of one topic, its outputs awaited before offsets are committed.

1  restore: fold that topic silently up to the group's committed offset; write what is found missing
2  an agent receives bytes and decodes them; what can't be read becomes a dead letter
3  a record that was folded already is passed over; one beyond the next, after another process had the partition,
   is preceded by a silent fold of those in between
4  the handler returns outputs; they are written and acknowledged by Kafka before the agent takes the next record
5  Faust commits the offsets of what is done, every 0.2 s
6  a failure ends the process with nothing more committed: the record comes again
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from services.chassis import client, clock
from services.chassis.context import Context
from services.chassis.errors import PoisonRecord, Stop, TransientError
from services.chassis.faust_app import CommittedApp, make_app
from services.chassis.outbox import Outbox, count
from services.chassis.reading import TopicReader, read_topic
from services.chassis.watchdog import Watchdog
from services.contracts.record import POISON, Failure, Output, Record

log = logging.getLogger(__name__)

_RETRY_SECONDS = 0.5
_TIMEOUT = 15.0
_STOP_SECONDS = 10.0


class Agents(Protocol):
    """What a service gives to its agents. Handlers are synchronous and pure but for the service's own state.

    log: topic (one partition) of which the state is a fold. handlers: short topic name to what follows from a record;
    tombstones come as records without `raw_value`. views: topics read whole at start.
    """

    log: str
    views: tuple[str, ...]

    @property
    def handlers(self) -> Mapping[str, Callable[[Record], Sequence[Output]]]: ...

    def view(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Take in the views, before anything else."""
        ...

    def fold(self, record: Record) -> None:
        """Bring the state forward by a record of the log, silently."""
        ...

    def missing(self) -> Sequence[Output]:
        """What the state says should have been written and wasn't."""
        ...


class AgentsFailed(Stop):
    """An agent could not process a record; it will be read again."""


class AgentsRunner:
    """Runs the agents until told to stop."""

    def __init__(self, service: str, context: Context, agents: Agents) -> None:
        self._service, self._context, self._agents = service, context, agents
        self._settings, self._health = context.settings, context.health
        self._outbox = Outbox(service, context)
        self._position = 0
        self._is_contiguous = False
        self._failure: BaseException | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises AgentsFailed, Stop."""
        self._retried(self._restore, stop)
        if not stop.is_set():
            asyncio.run(self._main(stop))

    # 1
    def _restore(self) -> None:
        self._health.tick()
        views = {topic: read_topic(self._settings, self._context.codec, topic) for topic in self._agents.views}
        self._agents.view(views)
        started = clock.monotonic()
        self._fold_up_to(self._committed())
        self._context.metrics.restored.set(clock.monotonic() - started)
        log.info("state replayed", extra={"topic": self._agents.log, "position": self._position})

    def _fold_up_to(self, offset: int) -> None:
        if offset <= self._position:
            return
        reader = TopicReader(self._settings, self._context.codec, self._agents.log, starts={0: self._position})
        try:
            for record in reader.to_end():
                self._health.tick()
                if record.offset >= offset:
                    break
                if record.offset >= self._position:
                    if record.kind != POISON:
                        self._agents.fold(record)
                    self._position = record.offset + 1
        finally:
            reader.close()
        self._position = offset

    def _committed(self) -> int:
        group = Consumer(client.plain_consumer(self._settings, self._settings.group(self._service)))
        try:
            (found,) = group.committed([TopicPartition(self._settings.topic(self._agents.log), 0)], timeout=_TIMEOUT)
        except KafkaException as error:
            raise TransientError(f"Kafka: {error.args[0].str()}") from error
        finally:
            group.close()
        return max(found.offset, 0)

    def _retried(self, work: Callable[[], None], stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                work()
                return
            except TransientError as error:
                if self._health.waiting(str(error)):
                    log.warning("waiting", extra={"why": str(error)})
                stop.wait(_RETRY_SECONDS)

    async def _main(self, stop: threading.Event) -> None:
        self._turn = asyncio.Lock()
        receivers = {topic: self._receiver(topic) for topic in self._agents.handlers}
        self._app: CommittedApp = make_app(self._service, self._settings, receivers)
        self._app.on_partitions_revoked.connect(self._taken_back)
        watchdog = Watchdog(self._settings, self._agents.log, lambda: self._position)
        async with self._turn:
            await self._app.start()
            await self._write(self._agents.missing(), [])
        watchdog.start()
        try:
            while not stop.is_set() and not self._has_failed():
                self._look()
                await asyncio.sleep(0.1)
        finally:
            watchdog.stop()
            await self._leave()
        if self._has_failed():
            raise AgentsFailed(f"{self._service} stopped: {self._failure or self._app.crash_reason}") from self._failure

    async def _taken_back(self, *_: object, **__: object) -> None:
        # until the next rebalance only markers of transactions lie between two records
        self._is_contiguous = False

    def _look(self) -> None:
        self._health.tick()
        assigned = self._app.assigned()
        self._context.metrics.assigned.set(len(assigned))
        if len(assigned) < len(self._agents.handlers):
            self._health.waiting("the group has not assigned the topics yet")
        elif self._health.ready():
            log.info("ready", extra={"topics": sorted(topic for topic, _ in assigned)})

    def _has_failed(self) -> bool:
        return self._failure is not None or bool(self._app.crashed)

    async def _leave(self) -> None:
        try:
            await asyncio.wait_for(self._app.stop(), _STOP_SECONDS)
        except TimeoutError:
            log.warning("Faust did not stop in time")

    # 2 to 4, 6
    def _receiver(self, topic: str) -> Callable[[Any], Any]:
        async def receive(event: Any) -> None:
            try:
                async with self._turn:
                    await self._receive(topic, event.message)
            except asyncio.CancelledError:
                # leaving acknowledges the record, done or not
                self._app.failed = True
                raise
            except BaseException as error:
                where = f"{topic}[{event.message.partition}]@{event.message.offset}"
                log.exception("agent failed", extra={"where": where})
                self._app.failed, self._failure = True, error
                # returning would acknowledge the record
                await asyncio.Event().wait()

        return receive

    async def _receive(self, topic: str, message: Any) -> None:
        is_log = topic == self._agents.log
        if is_log and message.offset < self._position:
            return
        if is_log and message.offset > self._position and not self._is_contiguous:
            await asyncio.to_thread(self._fold_up_to, message.offset)
        record = await self._decoded(topic, message)
        if record.kind == POISON and (is_log or record.raw_value is not None):
            await self._write([], [Failure(record, record.value["reason"], record.value["detail"])])
        else:
            with self._context.metrics.batch.time():
                outputs = self._agents.handlers[topic](record)
            await self._write(outputs, [])
        self._context.metrics.read.labels(topic).inc()
        if is_log:
            self._position, self._is_contiguous = message.offset + 1, True

    async def _decoded(self, topic: str, message: Any) -> Record:
        while True:
            try:
                kind, value = self._context.codec.decode(topic, message.value)
            except PoisonRecord as error:
                kind, value = POISON, {"reason": error.reason, "detail": error.detail}
            except TransientError as error:
                if self._health.waiting(str(error)):
                    log.warning("waiting", extra={"why": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            return _record(topic, message, kind, value)

    async def _write(self, outputs: Sequence[Output], failures: Sequence[Failure]) -> None:
        records, dead = self._outbox.encode(outputs, failures)
        with self._context.metrics.commit.time():
            for encoded in records:
                await self._app.produce(encoded.topic, encoded.key, encoded.value, encoded.headers)
        count(self._settings, self._context.metrics, records, dead)


def _record(topic: str, message: Any, kind: str, value: Any) -> Record:
    headers = message.headers or []
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return Record(
        topic=topic,
        partition=message.partition,
        offset=message.offset,
        timestamp=int((message.timestamp or 0) * 1_000_000),
        key=(message.key or b"").decode("utf-8", "replace"),
        kind=kind,
        value=value,
        headers=tuple((name, data) for name, data in pairs if data is not None),
        raw_key=message.key,
        raw_value=message.value,
    )
