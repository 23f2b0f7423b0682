"""The Faust app of a service: the only place that touches Faust's transport.

Faust is used within its safe limits. Its stock consumer reads what transactions aborted; here it reads committed
records only. It acknowledges a record before it is decoded, and commits past one whose agent failed; so agents get
bytes, decode them themselves, and once one has failed nothing is committed any more. One agent a topic, one record at
a time: with more it may commit past a record in flight. No tables, hence no changelogs (docs/adr). The app is started
as it is, not by Faust's worker, which would take over logging and standard output.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import faust
from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from services.chassis.settings import ChassisSettings

COMMIT_SECONDS = 0.2
"""How often offsets are committed: whoever waits for a settled pipeline looks at them."""
SESSION_SECONDS = 30.0
"""Long, since heartbeats share the interpreter with the agents."""

Receive = Callable[[Any], Awaitable[None]]
"""Takes in one of Faust's events, whose value and key are bytes, and returns when it is done with it; never raises."""


class _CommittedThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # read when the consumer starts its fetcher, which comes later
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer


class _CommittedConsumer(driver.Consumer):
    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _CommittedThread(self, loop=self.loop, beacon=self.beacon)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        if cast(CommittedApp, self.app).failed:
            return False
        return bool(await super()._commit(offsets))


class _IdempotentProducer(driver.Producer):
    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class _Transport(driver.Transport):
    Consumer = _CommittedConsumer
    Producer = _IdempotentProducer


class CommittedApp(faust.App):
    """A Faust app that reads committed records. `failed`: an agent has failed, so that no offset may be committed."""

    failed = False

    def _new_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_producer, self)

    async def produce(self, topic: str, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        """Write a record to partition 0 and wait until all replicas in sync have it."""
        await self.producer.send_and_wait(topic, key, value, 0, None, headers)

    def assigned(self) -> set[tuple[str, int]]:
        """Topics and partitions that the group has given to this process; none while it makes up its mind."""
        consumer = self._consumer
        if consumer is None or self.rebalancing or not self.started:
            return set()
        try:
            return {(place.topic, place.partition) for place in consumer.assignment()}
        except faust.exceptions.ConsumerNotStarted:
            return set()


def make_app(service: str, settings: ChassisSettings, agents: Mapping[str, Receive]) -> CommittedApp:
    """The app with one agent for each topic (short name), not yet started; to be called inside a running event loop."""
    # Faust's services log under the module of their class, which for ours is this one
    for name in ("faust", "mode", "aiokafka", __name__):
        logging.getLogger(name).setLevel(logging.WARNING)
    datadir = settings.state_dir.resolve() / settings.pipeline / f"{service}-faust"
    datadir.mkdir(parents=True, exist_ok=True)
    app = CommittedApp(
        settings.group(service),
        broker=[f"kafka://{address}" for address in settings.bootstrap.split(",")],
        store="memory://",
        autodiscover=False,
        web_enabled=False,
        datadir=datadir,
        broker_client_id=settings.instance(service),
        consumer_group_instance_id=settings.instance(service),
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=COMMIT_SECONDS,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=3.0,
        producer_acks=-1,
        producer_compression_type="lz4",
        producer_max_request_size=1_000_000,
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
    )
    for topic, receive in agents.items():
        _add_agent(app, settings.topic(topic), topic, receive)
    return app


def _add_agent(app: CommittedApp, full: str, name: str, receive: Receive) -> None:
    topic = app.topic(full, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            await receive(event)

    app.agent(topic, name=f"{app.conf.id}.{name}", concurrency=1)(agent)
