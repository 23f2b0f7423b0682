"""BLAS and OpenMP on one thread: pieces that wait for each other spin, and sums of several come out otherwise."""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """While it lasts, the libraries that are loaded by now have one thread each in this process."""
    limited: AbstractContextManager[Any] = _controller(len(sys.modules)).limit(limits=1)
    return limited


@lru_cache(maxsize=1)
def _controller(_imported: int) -> Any:
    """To look for libraries takes milliseconds, as long as a small fit; only an import loads further ones."""
    return ThreadpoolController()
