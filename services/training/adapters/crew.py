"""Workers of a run: processes beside its own, on this machine or in a cluster."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

from services.training.adapters.cluster import cluster
from services.training.domain.workers import ALONE, Done, Piece, Shared, Workers


class LocalWorkers:
    """Processes that joblib starts when there is first work for them, each with one thread."""

    def __init__(self, count: int) -> None:
        self.count = count

    def each(self, work: Callable[[Piece, *Shared], Done], pieces: Sequence[Piece], *shared: *Shared) -> Sequence[Done]:
        """See `Workers`; a single piece is worked on here."""
        if len(pieces) < 2:
            return ALONE.each(work, pieces, *shared)
        from joblib import Parallel, delayed, parallel_config

        tied = {"initializer": end_with, "initargs": (os.getpid(),)}
        with parallel_config("loky", n_jobs=self.count, inner_max_num_threads=1, **tied):
            # without mapped files: these would outlive processes that are killed
            found: list[Done] = Parallel(batch_size=1, max_nbytes=None)(delayed(work)(one, *shared) for one in pieces)
        return found

    def close(self) -> None:
        """End them."""
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor(reuse=True).shutdown(kill_workers=True)


@contextmanager
def crew(count: int, address: str = "") -> Iterator[Workers]:
    """So many workers, 1: the process alone; or those of the cluster at an address. Raises Refused."""
    if address:
        with cluster(address) as workers:
            yield workers
        return
    if count == 1:
        yield ALONE
        return
    local = LocalWorkers(count)
    try:
        yield local
    finally:
        local.close()


def workers_of(pid: int) -> list[psutil.Process]:
    """What a process has started and not ended yet; nothing if it has ended itself."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def end_with(pid: int) -> None:
    """Let this process end as soon as that one has, however it ended: joblib's workers would wait for minutes."""
    threading.Thread(target=_end_after, args=(pid,), daemon=True).start()


def _end_after(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait()
    os._exit(1)
