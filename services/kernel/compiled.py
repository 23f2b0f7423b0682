"""Compilation of the kernel to machine code."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""`_nrt`: no reference counting, ten times faster here; so compiled functions take memory, and allocate none.

No fastmath and no parallel reductions: additions stay in the order they are written in, which is what makes results
equal bit for bit whatever the batch.
"""


def compiled(function: Function) -> Function:
    """The function as machine code, compiled at its first call for the types it is called with.

    The code is kept beside the source, or in NUMBA_CACHE_DIR, or in the user's cache directory, so that the next
    process starts in milliseconds; a changed source file is compiled anew. Where none of these places can be written
    (a read-only image without a home), numba refuses; then each process compiles for itself.
    """
    try:
        return cast(Function, numba.njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:
        return cast(Function, numba.njit(**_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """A part of a `compiled` function of the same file, made one with it."""
    return cast(Function, numba.njit(forceinline=True, **_OPTIONS)(function))
