"""Commits batches in the background: while Kafka ends a transaction, the loop reads what comes next."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from services.chassis import clock
from services.chassis.batch import Batch, Work
from services.chassis.context import Context
from services.chassis.errors import BatchAborted, CommitUnknown, TransientError
from services.chassis.transaction import Encoded, Landed, Share, Transactions

_MARKERS_SECONDS = 0.004
"""In which Kafka writes a transaction's markers. The client puts one that begins before that off by 20 ms."""

Shares = Callable[[Batch], Sequence[Share]]
"""The offsets of the stages after the first, once the positions of a batch are complete."""


class InDoubt(TransientError):
    """A transaction may have been committed, or not."""

    def __init__(self, reason: str, work: list[Work]) -> None:
        super().__init__(f"Kafka: a commit was not answered: {reason}")
        self.work = work


class Committer:
    """At most one transaction at a time, for a process of this name."""

    def __init__(self, service: str, context: Context) -> None:
        self._settings, self._metrics = context.settings, context.metrics
        self._transactions = Transactions(context.settings, service)
        self._thread = ThreadPoolExecutor(1, "commit")
        self._pending: tuple[Batch, Future[None]] | None = None
        self._ended = 0.0

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

    def begin(self, batch: Batch, share: Share, others: Shares | None) -> None:
        """Steps 4 to 6, the last two in the background. Raises TransientError when nothing of it happened."""
        try:
            self._transactions.begin(batch.records)
        except BatchAborted as error:
            raise self._aborted(error) from error
        landed = None if others is None else _landed(batch, others)
        self._pending = batch, self._thread.submit(self._commit, share, landed)

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
        batch.count(self._settings, self._metrics)
        return batch

    def rest(self) -> None:
        """Let Kafka write the markers of the last transaction."""
        clock.sleep(max(self._ended + _MARKERS_SECONDS - clock.monotonic(), 0.0))

    def close(self) -> None:
        """Leave no transaction open."""
        self._thread.shutdown()
        self._transactions.close()

    def _commit(self, share: Share, landed: Landed | None) -> None:
        with self._metrics.commit.time():
            self._transactions.commit(share, landed)
        self._ended = clock.monotonic()

    def _aborted(self, error: BatchAborted) -> TransientError:
        self._count("aborted")
        return TransientError(f"Kafka: a transaction was aborted: {error}")

    def _count(self, how: str) -> None:
        self._metrics.transactions.labels(how).inc()
        self._metrics.recycled.set(self._transactions.recycled)


def _landed(batch: Batch, others: Shares) -> Landed:
    def landed() -> tuple[Sequence[Encoded], Sequence[Share]]:
        letters = batch.landed()
        return letters, others(batch)

    return landed
