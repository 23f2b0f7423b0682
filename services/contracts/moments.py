"""Mean and sum of squared deviations, exact whatever the order and the batches in which values come.

Both are rounded once, when they are read: the sums behind them are whole numbers of the smallest double (and of its
square), so adding them is associative. A batch is summed in numpy by exponents, in pieces that can't lose a bit.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.contracts.binning import Floats

_SCALE = 1074
"""Every double is a multiple of 2**-1074."""

_HALF = 27
_LOW = (1 << _HALF) - 1
_MANTISSA = 53
_BATCH = 1 << 20
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(slots=True)
class Moments:
    """count: values. total: their sum, in units of 2**-1074. squares: sum of their squares, in units of 2**-2148."""

    count: int = 0
    total: int = 0
    squares: int = 0

    def update(self, values: Floats) -> None:
        """Take in finite values (one dimension)."""
        for start in range(0, len(values), _BATCH):
            self._update(values[start : start + _BATCH])

    def _update(self, values: Floats) -> None:
        fraction, exponent = np.frexp(values)
        mantissa = np.ldexp(fraction, _MANTISSA).astype(np.int64)
        lowest = int(exponent.min())
        place = exponent - lowest
        high, low = mantissa >> _HALF, mantissa & _LOW
        shift = lowest - _MANTISSA
        self.count += len(values)
        self.total += _scaled(_sums(place, high, low), (_HALF, 0), 1, shift + _SCALE)
        products = (high * high, high * low, low * low)
        shifts = (2 * _HALF, _HALF + 1, 0)
        self.squares += _scaled(_sums(place, *products), shifts, 2, 2 * (shift + _SCALE))

    def merge(self, other: "Moments") -> None:
        """Take in all values of `other`."""
        self.count += other.count
        self.total += other.total
        self.squares += other.squares

    @property
    def sum(self) -> float:
        """The sum, rounded to the nearest double, at most the largest one."""
        try:
            return self.total / (1 << _SCALE)
        except OverflowError:
            return _LARGEST if self.total > 0 else -_LARGEST

    @property
    def mean(self) -> float:
        """The mean, rounded to the nearest double; 0 without values."""
        return self.total / (self.count << _SCALE) if self.count else 0.0

    @property
    def m2(self) -> float:
        """Sum of squared deviations from the mean, rounded to the nearest double, at most the largest one."""
        if not self.count:
            return 0.0
        numerator = self.squares * self.count - self.total * self.total
        try:
            return numerator / (self.count << 2 * _SCALE)
        except OverflowError:
            return _LARGEST

    @classmethod
    def of(cls, count: int, mean: float, m2: float) -> "Moments":
        """The moments that have exactly this count, mean and m2."""
        if not count:
            return cls()
        exact_mean = _whole(mean)
        squares = (_whole(m2) << _SCALE) + count * exact_mean * exact_mean
        return cls(count, count * exact_mean, squares)


def _sums(place: npt.NDArray[np.int32], *pieces: npt.NDArray[np.int64]) -> list[tuple[Floats, Floats]]:
    """For each piece the sums by place of its upper and lower bits; exact, as both stay below 2**53."""
    return [(_sum(place, piece >> _HALF), _sum(place, piece & _LOW)) for piece in pieces]


def _sum(place: npt.NDArray[np.int32], piece: npt.NDArray[np.int64]) -> Floats:
    return np.bincount(place, weights=piece).astype(np.float64, copy=False)


def _scaled(sums: list[tuple[Floats, Floats]], shifts: tuple[int, ...], step: int, base: int) -> int:
    """The sums as one whole number: each shifted by its own bits, by its place and by `base`.

    A negative `base` loses nothing: subnormal numbers have as many zero bits at their end.
    """
    whole = 0
    for (upper, lower), shift in zip(sums, shifts, strict=True):
        for place in np.flatnonzero((upper != 0) | (lower != 0)).tolist():
            value = (int(upper[place]) << _HALF) + int(lower[place])
            whole += value << (shift + step * place)
    return whole << base if base >= 0 else whole >> -base


def _whole(value: float) -> int:
    """A double in units of 2**-1074."""
    numerator, denominator = value.as_integer_ratio()
    return (numerator << _SCALE) // denominator
