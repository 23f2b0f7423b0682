"""Workers of a run: those of a Dask cluster, by joblib's backend for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from services.chassis.errors import Refused
from services.training.adapters.environment import environment
from services.training.domain.workers import ALONE, Done, Piece, Shared, Workers

_ANSWER_SECONDS = 10
_INSTALL = "pip install 'driftmill[dask]'"


class ClusterWorkers:
    """client: of a cluster whose workers have one thread each."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.count = len(client.ncores())

    def each(self, work: Callable[[Piece, *Shared], Done], pieces: Sequence[Piece], *shared: *Shared) -> Sequence[Done]:
        """See `Workers`; a single piece is worked on here."""
        if len(pieces) < 2:
            return ALONE.each(work, pieces, *shared)
        from joblib import Parallel, delayed, parallel_config

        with parallel_config("dask", client=self._client):
            found: list[Done] = Parallel(batch_size=1)(delayed(work)(one, *shared) for one in pieces)
        return found


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """The workers that the scheduler at an address has now. Raises Refused if it can't be reached, or if a fit there
    could come out otherwise than here."""
    try:
        from distributed import Client
    except ImportError as error:
        raise Refused(f"{_said(address)} is a Dask cluster, and Dask isn't installed: {_INSTALL}.") from error
    connect: Any = Client  # without types
    try:
        client = connect(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Refused(f"No Dask scheduler answers at {_said(address)}: {error}.") from error
    with client:
        _refuse_unlike(client, address)
        yield ClusterWorkers(client)


def _refuse_unlike(client: Any, address: str) -> None:
    threads: dict[str, int] = client.ncores()
    if not threads:
        raise Refused(f"The Dask cluster at {_said(address)} has no workers: start some with --nthreads 1.")
    if several := [worker for worker, count in threads.items() if count != 1]:
        # limits on the threads of BLAS and OpenMP hold for a process, not for one of its threads
        raise Refused(f"The worker {several[0]} of {_said(address)} has several threads: start it with --nthreads 1.")
    try:
        found: dict[str, dict[str, str]] = client.run(installed)
    except ImportError as error:
        raise Refused(f"A worker of {_said(address)} lacks what runs need ({error}): {_INSTALL} there.") from error
    here = installed()
    for worker, there in found.items():
        if other := [f"{name} {there[name]}, here {here[name]}" for name in here if there[name] != here[name]]:
            raise Refused(f"The worker {worker} of {_said(address)} has {'; '.join(other)}: install the same in both.")


def installed() -> dict[str, str]:
    """Versions of all that a fit depends on, in this process."""
    return environment() | {"driftmill": version("driftmill")}


def _said(address: str) -> str:
    return f"{address} (DRIFTMILL_RUN_CLUSTER)"
