"""One Kafka transaction a batch, with a producer that is thrown away after any abort and any suspicious commit.

librdkafka retries EndTxn with the same producer epoch, so a delayed request could end the *next* transaction; and it
numbers records after an abort as if those on their way had never been written. A new producer's `init_transactions`
raises the epoch, which fences such a request and begins the numbers anew.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from services.chassis import client, clock, failpoint
from services.chassis.errors import BatchAborted, CommitUnknown, TransientError
from services.chassis.settings import ChassisSettings

log = logging.getLogger(__name__)

SUSPICIOUS_SECONDS = 1.0
_RETRY_SECONDS = 5.0
_DISCONNECTS = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001


class Receipt:
    """Where a record came to lie, once the broker has said so."""

    __slots__ = ("_error", "_offset", "_timestamp")

    def __init__(self) -> None:
        self._offset, self._timestamp = -1, 0
        self._error: KafkaError | None = None

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        self._error, self._offset = error, message.offset() or 0
        self._timestamp = message.timestamp()[1] * 1000

    def place(self) -> tuple[int, int]:
        """Offset and append time in microseconds. Raises KafkaException if it wasn't delivered."""
        if self._error is not None:
            raise KafkaException(self._error)
        return self._offset, self._timestamp


class Share(NamedTuple):
    """Offsets of one group, with its metadata."""

    offsets: list[TopicPartition]
    group: Any


class Landed(Protocol):
    """What a transaction holds besides, that follows from where its records came to lie."""

    def __call__(self) -> tuple[Sequence["Encoded"], Sequence[Share]]: ...


class Encoded(NamedTuple):
    """A record ready to be produced. receipt: is told where it came to lie."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    receipt: Receipt | None = None

    @property
    def size(self) -> int:
        """Bytes of value, key and headers, as the broker counts them but for a few."""
        size = len(self.value or b"") + len(self.key)
        for name, data in self.headers:
            size += len(name) + len(data)
        return size


class Transactions:
    """Commits batches for one service instance."""

    def __init__(self, settings: ChassisSettings, service: str) -> None:
        self._settings = settings
        self._service = service
        self._producer: Producer | None = None
        self._disturbed = False
        self._started = 0.0
        self.recycled = 0

    def open(self) -> None:
        """A fresh producer whose epoch fences every earlier one. Raises TransientError while Kafka can't be reached."""
        config = client.transactional_producer(self._settings, self._service, self._on_error)
        producer = Producer(config)
        try:
            producer.init_transactions(10.0)
        except KafkaException as error:
            raise TransientError(f"Kafka: {error.args[0].str()}") from error
        self._producer, self._disturbed = producer, False

    def begin(self, records: Sequence[Encoded]) -> None:
        """Step 4 of the loop: begin and produce. Raises BatchAborted, then nothing of it has happened."""
        if self._producer is None:
            self.open()
        producer = self._opened()
        self._started = clock.monotonic()
        try:
            producer.begin_transaction()
            failpoint.hit("begin")
            if records:
                self._produce(producer, records)
        except KafkaException as error:
            self._abort(producer, error)

    def commit(self, share: Share, landed: Landed | None = None) -> None:
        """Steps 5 and 6: send offsets, commit. Called from a thread of its own while nothing else is called.

        landed: called once all records are delivered. Raises BatchAborted when nothing of it happened, CommitUnknown
        when it may have.
        """
        producer = self._opened()
        try:
            _send(producer, share)
            if landed is not None:
                self._follow_up(producer, *self._delivered(producer, landed))
            failpoint.hit("offsets")
        except KafkaException as error:
            self._abort(producer, error)
        except TimeoutError as error:
            self._recycle("offsets not taken")
            raise BatchAborted("the broker, or a group's coordinator, does not answer") from error
        self._end(producer)

    def _delivered(self, producer: Producer, landed: Landed) -> tuple[Sequence[Encoded], Sequence[Share]]:
        if left := producer.flush(client.TRANSACTION_TIMEOUT_MS / 1000):
            raise TimeoutError(f"{left} records not delivered")
        return landed()

    def _follow_up(self, producer: Producer, records: Sequence[Encoded], shares: Sequence[Share]) -> None:
        _produce(producer, records)
        for share in shares:
            _send(producer, share)

    def _opened(self) -> Producer:
        assert self._producer is not None
        return self._producer

    def serve(self) -> None:
        """Take note of what has happened to the connection; an idle producer would pile it up during an outage."""
        if self._producer is not None:
            self._producer.poll(0)

    def close(self) -> None:
        """Leave no transaction open."""
        self._producer = None

    def _produce(self, producer: Producer, records: Sequence[Encoded]) -> None:
        half = len(records) // 2
        _produce(producer, records[:half])
        failpoint.hit("produce")
        _produce(producer, records[half:])
        failpoint.hit("produced")

    def _end(self, producer: Producer) -> None:
        try:
            with failpoint.during("committing"):
                producer.commit_transaction(10.0)
            failpoint.hit("committed")
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                self._abort(producer, error)
            self._recycle(f"commit: {error.args[0].str()}")
            raise CommitUnknown(error.args[0].str()) from error
        suspicious = self._disturbed or clock.monotonic() - self._started > SUSPICIOUS_SECONDS
        if suspicious and not failpoint.is_left_out("recycling"):
            self._recycle("a slow or disturbed commit")

    def _abort(self, producer: Producer, error: KafkaException) -> NoReturn:
        reason, may_go_on = error.args[0], False
        if reason.txn_requires_abort() and not reason.fatal():
            with suppress(KafkaException):
                _retry(lambda: producer.abort_transaction(10.0))
                may_go_on = failpoint.is_left_out("recycling")
        failpoint.hit("abort")
        # what was on its way may have been written after all, and the client number the next records alike: a broker
        # that knows these numbers confirms them as what it has, which was aborted
        if not may_go_on:
            self._recycle(reason.str())
        raise BatchAborted(reason.str()) from error

    def _recycle(self, why: str) -> None:
        log.info("producer recycled", extra={"why": why})
        self._producer = None
        self.recycled += 1
        failpoint.hit("recycle")

    def _on_error(self, error: KafkaError) -> None:
        if error.code() in _DISCONNECTS:
            self._disturbed = True


def _produce(producer: Producer, records: Sequence[Encoded]) -> None:
    for topic, partition, key, value, headers, receipt in records:
        while True:
            try:
                producer.produce(topic, value, key, partition, receipt, headers=headers)  # type: ignore[arg-type]
                break
            except BufferError:
                producer.poll(0.05)


def _send(producer: Producer, share: Share) -> None:
    _within(lambda: _retry(lambda: producer.send_offsets_to_transaction(share.offsets, share.group, _RETRY_SECONDS)))


def _within(call: Callable[[], Any]) -> None:
    """Call in a thread of its own and leave it behind when it doesn't return. Raises TimeoutError.

    librdkafka waits for a group coordinator that is gone without a limit. What the call may still do then is fenced.
    """
    done: Future[None] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, name="offsets", daemon=True).start()
    done.result(client.TRANSACTION_TIMEOUT_MS / 1000)


def _retry(call: Callable[[], Any]) -> None:
    """Call again while that may help; a call without an answer takes longer than it was given."""
    deadline = clock.monotonic() + _RETRY_SECONDS
    while True:
        try:
            call()
            return
        except KafkaException as error:
            if not error.args[0].retriable() or clock.monotonic() > deadline:
                raise
