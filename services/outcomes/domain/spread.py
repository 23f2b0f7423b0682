"""A sample that is spread over all there is, the same in every replay."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def spread(numbers: Numbers, most: int) -> Numbers:
    """At most so many of ascending numbers: of as many equal stretches of them one each, chosen by hash.

    Stretches, since much of what is sampled changes with the time of day; one of each by hash, or what comes in turns
    could always be met in the same place.
    """
    if len(numbers) <= most:
        return numbers
    edges = np.arange(most + 1) * len(numbers) // most
    first, width = edges[:-1], np.diff(edges)
    return numbers[first + (_mixed(numbers[first]) % width.astype(np.uint64)).astype(np.int64)]


def _mixed(numbers: Numbers) -> NDArray[np.uint64]:
    """The finalizer of SplitMix64 (Steele, Lea and Flood 2014)."""
    found = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        found = (found ^ (found >> np.uint64(shift))) * np.uint64(factor)
    return found ^ (found >> np.uint64(31))
