"""Shapley values (Shapley 1953) of a score: what each part of a row adds to it, over the orders in which parts join.

A part that has not joined yet is that of another row, the background (interventional values: Janzing et al. 2020). Few
parts are judged by every coalition of them, which is exact; more of them by sampled orders (Castro et al. 2009), each
with its reverse (antithetic pairs: Mitchell et al. 2022). Either way the values of all parts add up to what the score
lies above the mean score of the background.
"""

import math
from dataclasses import dataclass
from hashlib import blake2b
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

EXACT = 6
"""At most so many parts are judged by every coalition."""


@dataclass(frozen=True, slots=True)
class Design:
    """Which mixtures of a row with rows of the background are scored: first the row, then each row of the background.

    joined: the parts that are those of the row [mixtures, parts]. background: whose the others are [mixtures].
    before, after: mixtures without and with the part that joins [steps]. part, weight: which one, and what the step
    counts [steps]. rows: of the background.
    """

    joined: Flags
    background: Places
    before: Places
    after: Places
    part: Places
    weight: Floats
    rows: int

    def base(self, scores: Floats) -> float:
        """Mean score of the background. scores: of the mixtures."""
        return math.fsum(scores[1 : 1 + self.rows].tolist()) / self.rows

    def values(self, scores: Floats) -> Floats:
        """Of each part. The steps are summed in their order: equal scores give equal bits."""
        added = self.weight * (scores[self.after] - scores[self.before])
        return np.bincount(self.part, added, self.joined.shape[1]).astype(np.float64)


def design(parts: int, rows: int) -> Design:
    """For a row of so many parts and a background of so many rows: always the same one.

    For each row of the background it has 2^parts - 1 mixtures, 63 at most, or, beyond EXACT parts, 2 * parts - 1.
    """
    return _of_coalitions(parts, rows) if parts <= EXACT else _of_orders(parts, rows)


def _of_coalitions(parts: int, rows: int) -> Design:
    """A part joins every coalition without it, which counts as many orders as pass by it."""
    coalitions = np.array(list(product((False, True), repeat=parts)), np.bool_)
    between, everyone = coalitions[1:-1].repeat(rows, 0), np.arange(rows)
    joined, background = _mixtures(between, np.tile(everyone, len(coalitions) - 2), rows)
    places = np.vstack([1 + everyone, np.arange(1 + rows, len(joined)).reshape(-1, rows), np.zeros(rows, np.intp)])
    before, part = np.nonzero(~coalitions)
    after = before + 2 ** (parts - 1 - part)
    orders = [math.factorial(size) * math.factorial(parts - 1 - size) for size in range(parts)]
    weight = np.array(orders)[coalitions[before].sum(1)] / math.factorial(parts) / rows
    steps = places[before].ravel(), places[after].ravel(), part.repeat(rows), weight.repeat(rows)
    return Design(joined, background, *steps, rows)


def _of_orders(parts: int, rows: int) -> Design:
    """Each row of the background is left in an order of its own, and in its reverse."""
    everyone = np.arange(rows)
    forward = np.array([_order(parts, row) for row in range(rows)])
    orders = np.stack([forward, forward[:, ::-1]], 1)
    between = np.argsort(orders, 2)[:, :, None, :] < np.arange(1, parts)[:, None]
    joined, background = _mixtures(between.reshape(-1, parts), everyone.repeat(2 * (parts - 1)), rows)
    places = np.zeros((rows, 2, parts + 1), np.intp)
    places[:, :, 0] = 1 + everyone[:, None]
    places[:, :, 1:-1] = np.arange(1 + rows, len(joined)).reshape(rows, 2, parts - 1)
    steps = places[:, :, :-1].ravel(), places[:, :, 1:].ravel(), orders.ravel(), np.full(orders.size, 0.5 / rows)
    return Design(joined, background, *steps, rows)


def _mixtures(between: Flags, background: Places, rows: int) -> tuple[Flags, Places]:
    """The row, the background, and what lies between them; with the row that each is mixed with."""
    parts = between.shape[1]
    joined = np.vstack([np.ones((1, parts), np.bool_), np.zeros((rows, parts), np.bool_), between])
    return joined, np.concatenate([[0], np.arange(rows), background])


def _order(parts: int, row: int) -> list[int]:
    """An order by hashes: generators of random numbers may differ from one version of a library to the next."""
    return sorted(range(parts), key=lambda part: blake2b(f"{row}/{part}".encode()).digest())
