"""Avro's variable-length zig-zag integers, a column at a time (Avro 1.12 specification, "Primitive Types")."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_BITS = 7
LONGEST = 10
"""Bytes of an integer of 64 bits."""


def read(data: Bytes, at: Ints) -> tuple[Ints, Ints]:
    """The integers that begin at places of `data`, and how many bytes each takes; LONGEST + 1 if it takes more.

    data: with at least LONGEST bytes after the last place.
    """
    byte = data[at]
    numbers = (byte & 0x7F).astype(np.uint64)
    sizes = np.ones(len(at), np.int64)
    open_ = np.flatnonzero(byte & 0x80)
    for place in range(1, LONGEST):
        if not len(open_):
            break
        byte = data[at[open_] + place]
        numbers[open_] |= (byte & 0x7F).astype(np.uint64) << np.uint64(_BITS * place)
        sizes[open_] += 1
        open_ = open_[byte >= 0x80]
    sizes[open_] += 1
    return (numbers >> np.uint64(1)).astype(np.int64) ^ -(numbers & np.uint64(1)).astype(np.int64), sizes


def written(numbers: Ints) -> list[bytes]:
    """Each integer as Avro writes it."""
    if not len(numbers):
        return []
    zigzag = ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
    width = max(-(-int(zigzag.max()).bit_length() // _BITS), 1)
    digits = np.empty((len(numbers), width), np.uint8)
    sizes = np.ones(len(numbers), np.int64)
    for place in range(width):
        digits[:, place] = zigzag | 0x80
        zigzag = zigzag >> np.uint64(_BITS)
        sizes += zigzag > 0
    digits[np.arange(len(numbers)), sizes - 1] &= 0x7F
    data = digits.tobytes()
    return [data[start : start + size] for start, size in zip(range(0, len(data), width), sizes.tolist(), strict=True)]
