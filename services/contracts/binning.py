"""Fixed histograms: the bin of a value never depends on the data, so that counts of any two profiles add up."""

import math
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bins = npt.NDArray[np.int64]

UNIT_BINS = 200
_PARTS = 16
_LOWEST_EXPONENT = -1073
_LARGEST = float(np.finfo(np.float64).max)


def finite(values: npt.NDArray[Any]) -> Floats:
    """The values that are present (not NaN) as float64; an infinite one as the greatest finite number of its sign."""
    present = np.asarray(values, dtype=np.float64)
    present = present[~np.isnan(present)]
    return np.clip(present, -_LARGEST, _LARGEST)


class Binning(StrEnum):
    """A fixed division of the numbers into bins; the order of bins is the order of the values in them.

    signed_log: bin 0 holds zero, positive bins the positive numbers, negative bins their mirror. Each power of two is
    cut into 16 equal parts, so that a bin is 3 to 6 % wide; found from the bits of a number, without a logarithm, hence
    the same on every machine (as in HdrHistogram). unit: 200 equal bins of [0, 1], -1 below and 200 above.
    """

    SIGNED_LOG = "signed_log"
    UNIT = "unit"

    def bin_of(self, values: npt.NDArray[Any]) -> Bins:
        """The bin of each value (one dimension, float64, no NaN)."""
        return _unit_bin(values) if self is Binning.UNIT else _signed_log_bin(values)

    def edges(self, bin_: int) -> tuple[float, float]:
        """The values of a bin: from `low` to `high`; away from zero the edge nearer to zero belongs to it."""
        return _unit_edges(bin_) if self is Binning.UNIT else _signed_log_edges(bin_)


def binning_of(field: str) -> Binning:
    """The binning of a field by its name: `score` is a probability, everything else is any number."""
    return Binning.UNIT if field == "score" else Binning.SIGNED_LOG


def _unit_bin(values: npt.NDArray[Any]) -> Bins:
    inside = np.minimum(np.floor(np.clip(values, 0.0, 1.0) * UNIT_BINS), UNIT_BINS - 1).astype(np.int64)
    return np.where(values < 0.0, -1, np.where(values > 1.0, UNIT_BINS, inside))


def _unit_edges(bin_: int) -> tuple[float, float]:
    if bin_ < 0:
        return -math.inf, 0.0
    if bin_ >= UNIT_BINS:
        return 1.0, math.inf
    return bin_ / UNIT_BINS, (bin_ + 1) / UNIT_BINS


def _signed_log_bin(values: npt.NDArray[Any]) -> Bins:
    bounded = np.clip(np.asarray(values, dtype=np.float64), -_LARGEST, _LARGEST)
    fraction, exponent = np.frexp(np.abs(bounded))
    part = ((fraction - 0.5) * (2 * _PARTS)).astype(np.int64)
    size = (exponent.astype(np.int64) - _LOWEST_EXPONENT) * _PARTS + part + 1
    return np.where(bounded == 0.0, 0, np.where(bounded < 0.0, -size, size))


def _signed_log_edges(bin_: int) -> tuple[float, float]:
    if bin_ == 0:
        return 0.0, 0.0
    if bin_ < 0:
        low, high = _signed_log_edges(-bin_)
        return -high, -low
    power, part = divmod(bin_ - 1, _PARTS)
    return _edge(power, part), _edge(power, part + 1)


def _edge(power: int, part: int) -> float:
    try:
        return math.ldexp(0.5 + part / (2 * _PARTS), power + _LOWEST_EXPONENT)
    except OverflowError:
        return math.inf
