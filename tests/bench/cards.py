"""Payments of numbered customers: what the measures of state read."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.platform import ROOT

PIPELINE = ROOT / "tests" / "pipelines" / "cards"
"""20 window features of one entity in a row of 568 bytes."""
EVENT = "cards.Payment"
_START = 1_700_000_000_000_000
_SECOND = 1_000_000
_CHANNELS = ("chip", "online", "atm")

Keyed = tuple[str, dict[str, Any]]
Numbers = NDArray[np.int64]
Times = NDArray[np.float64]


def each_once(entities: int) -> Numbers:
    """Every customer once."""
    return np.arange(entities, dtype=np.int64)


def uniform(entities: int, count: int, seed: int = 1) -> Numbers:
    """Customers drawn evenly."""
    return np.random.default_rng(seed).integers(0, entities, count)


def zipf(entities: int, count: int, seed: int = 1) -> Numbers:
    """Customers drawn by Zipf's law with exponent 1.1; who is frequent has nothing to do with the number."""
    rng = np.random.default_rng(seed)
    share = np.cumsum(1.0 / np.arange(1, entities + 1) ** 1.1)
    ranks = np.searchsorted(share / share[-1], rng.random(count))
    return np.random.default_rng(0).permutation(entities)[ranks]


def payments(customers: Sequence[int] | Numbers, first: int = 0) -> Iterator[Keyed]:
    """A payment of each, a second after the one before. first: number of the first of them."""
    for number, customer in enumerate(map(int, customers), first):
        key = f"customer-{customer:07d}"
        yield (
            key,
            {
                "payment_id": f"payment-{number:09d}",
                "at": _START + number * _SECOND,
                "customer": key,
                "amount": float(number * 7_919 % 10_007) / 16.0,
                "channel": _CHANNELS[number % 3],
            },
        )


def accepted(customers: Sequence[int] | Numbers, first: int = 0) -> Iterator[Keyed]:
    """What validation makes of `payments`."""
    for number, (key, payment) in enumerate(payments(customers, first), first):
        head = {"seq": number, "event_id": payment["payment_id"], "event_time": payment["at"]}
        yield key, head | {"appended_at": payment["at"], "payload": payment}
