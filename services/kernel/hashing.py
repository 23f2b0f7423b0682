"""Values to hashes that a float64 holds without losing a bit: the same ones in every process, online and offline."""

from functools import lru_cache
from hashlib import blake2b

import numpy as np

from services.contracts.expression import Column
from services.kernel.decayed import FLOAT32_MAX
from services.kernel.tables import Doubles

_BITS = 53
_KNOWN = 50_000
"""Texts whose hashes are kept at hand, about 10 MB."""


def hashed(column: Column) -> Doubles:
    """Each value's hash, a whole number below 2**53; NaN where it is missing.

    column: categories (object, None or empty where missing), or numbers and flags. Texts by BLAKE2b; numbers by the
    finalizer of SplitMix64 (Steele, Lea and Flood 2014) over their 64 bits.
    """
    return _of_texts(column) if column.dtype == object else _of_numbers(column)


def _of_texts(texts: Column) -> Doubles:
    return np.array([_of_text(text) if text else np.nan for text in texts.tolist()], np.float64)


@lru_cache(_KNOWN)
def _of_text(text: str) -> float:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return float(int.from_bytes(digest, "big") >> (64 - _BITS))


def _of_numbers(column: Column) -> Doubles:
    numbers = np.ascontiguousarray(column, np.float64) + 0.0  # both zeros are one value
    bits = numbers.view(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    bits = (bits ^ (bits >> np.uint64(31))) >> np.uint64(64 - _BITS)
    return np.where(np.abs(numbers) <= FLOAT32_MAX, bits.astype(np.float64), np.nan)
