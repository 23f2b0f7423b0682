"""Commits batches in the background: while Kafka ends a transaction, the loop reads what comes next."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from confluent_kafka import TopicPartition

from services.chassis.assignment import Held, Positions
from services.chassis.context import Context
from services.chassis.errors import BatchAborted, CommitUnknown, TransientError
from services.chassis.outbox import Outbox
from services.chassis.transaction import Encoded, Transactions
from services.contracts.record import Failure, Record, Result


@dataclass(frozen=True, slots=True)
class Work:
    """One partition's part of a batch: what was taken, what follows, and the positions after it."""

    held: Held
    records: list[Record]
    result: Result[Any]
    after: Positions


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction holds. told: metadata of its offsets. dead: failures that become dead letters."""

    work: list[Work]
    told: str
    records: Sequence[Encoded]
    dead: Sequence[Failure]


class InDoubt(TransientError):
    """A transaction may have been committed, or not."""

    def __init__(self, reason: str, work: list[Work]) -> None:
        super().__init__(f"Kafka: a commit was not answered: {reason}")
        self.work = work


class Committer:
    """At most one transaction at a time."""

    def __init__(self, service: str, context: Context) -> None:
        self._metrics = context.metrics
        self._transactions = Transactions(context.settings, service)
        self._outbox = Outbox(service, context)
        self._thread = ThreadPoolExecutor(1, "commit")
        self._pending: tuple[Batch, Future[None]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a transaction is being committed. Nothing but `settled` may be called then."""
        return self._pending is not None

    def open(self) -> None:
        """A fresh producer, which fences every earlier one. Raises TransientError while Kafka can't be reached."""
        self._transactions.open()

    def serve(self) -> None:
        """Take note of what has happened to the connection."""
        self._transactions.serve()

    def encoded(self, work: list[Work], told: str) -> Batch:
        """The outputs and dead letters of a batch, encoded."""
        records, dead = self._outbox.encode(
            [output for part in work for output in part.result.outputs],
            [failure for part in work for failure in part.result.failures],
        )
        return Batch(work, told, records, dead)

    def begin(self, batch: Batch, offsets: list[TopicPartition], group: Any) -> None:
        """Steps 4 to 6, the last two in the background. Raises TransientError when nothing of it happened."""
        try:
            self._transactions.begin(batch.records)
        except BatchAborted as error:
            raise self._aborted(error) from error
        self._pending = batch, self._thread.submit(self._commit, offsets, group)

    def settled(self) -> Batch | None:
        """Wait for the end: the batch that was committed, None where there was none.

        Raises TransientError where it did not happen, InDoubt where that isn't known.
        """
        if self._pending is None:
            return None
        (batch, end), self._pending = self._pending, None
        try:
            end.result()
        except BatchAborted as error:
            raise self._aborted(error) from error
        except CommitUnknown as error:
            self._count("unknown")
            raise InDoubt(str(error), batch.work) from error
        self._count("committed")
        self._outbox.count(self._metrics, batch.records, batch.dead)
        return batch

    def close(self) -> None:
        """Leave no transaction open."""
        self._thread.shutdown()
        self._transactions.close()

    def _commit(self, offsets: list[TopicPartition], group: Any) -> None:
        with self._metrics.commit.time():
            self._transactions.commit(offsets, group)

    def _aborted(self, error: BatchAborted) -> TransientError:
        self._count("aborted")
        return TransientError(f"Kafka: a transaction was aborted: {error}")

    def _count(self, how: str) -> None:
        self._metrics.transactions.labels(how).inc()
        self._metrics.recycled.set(self._transactions.recycled)
