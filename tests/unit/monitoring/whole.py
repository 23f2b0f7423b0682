"""Windows of the inputs of an invented shop: whole, or broken from a day on. Deterministic for a seed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from services.contracts.histogram import Histogram
from services.monitoring.domain.alert import Fact
from services.monitoring.domain.integrity import Integrity
from services.monitoring.domain.policy import DAY, Policy
from services.monitoring.domain.window import Window
from tests.unit.monitoring.story import at, numbers, words

POLICY = Policy("shop", DAY, 2, fields=2)
LEARNT = 14
"""Days of the reference."""
WEEKEND = (5, 6)

Broken = Callable[[Window], Window]


@cache
def day_of(day: int, seed: int = 0) -> Window:
    """A day on which about 800 events come, on Saturdays and Sundays half as many; few are refused."""
    rng = np.random.default_rng((seed, day))
    rows = int(rng.normal(400 if day % 7 in WEEKEND else 800, 20))
    amounts = np.where(rng.random(rows) < 0.02, np.nan, rng.lognormal(3.0, 0.7, rows))
    fields = {"amount": numbers("amount", amounts), "country": words("country", _countries(rng, rows))}
    refused = {("amount", "check"): int(rng.binomial(rows, 0.005)), ("at", "too_late"): int(rng.binomial(rows, 0.002))}
    return window(day, rows, fields, refused)


def _countries(rng: np.random.Generator, rows: int) -> list[str]:
    chosen: list[str] = rng.choice(["de", "fr", "pl"], rows, p=[0.6, 0.3, 0.1]).tolist()
    return chosen


def window(day: int, rows: int, fields: dict[str, Any], refused: dict[tuple[str, str], int]) -> Window:
    """A window of the inputs. fields: FieldProfiles."""
    histograms = {name: Histogram.from_record(found) for name, found in fields.items()}
    return Window("inputs", "", at(day), at(day + 1), at(day + 1), rows, histograms, [], refused=refused)


def empty(day: int, closed_by_source: bool = False) -> Window:
    """A day on which nothing came."""
    return replace(window(day, 0, {}, {}), closed_by_source=closed_by_source)


def days(first: int, last: int, seed: int = 0, broken: Broken = lambda held: held) -> list[Window]:
    """Days from `first` up to `last`, each made by `broken` of what it would have been."""
    return [broken(day_of(day, seed)) for day in range(first, last)]


def watching(seed: int = 0, learnt: int = LEARNT) -> Integrity:
    """A watch that has learnt."""
    past = days(0, learnt, seed)
    return Integrity(POLICY, "m1", past, past, "the reference")


def told(watch: Integrity, windows: Sequence[Window]) -> list[Fact]:
    """What it says."""
    return [fact for held in windows for fact in watch.update(held)]


def without_amount(held: Window) -> Window:
    """A tenth of the amounts is missing."""
    return replace(held, fields={**held.fields, "amount": _thinned(held.fields["amount"])})


def _thinned(amount: Histogram) -> Histogram:
    counts = amount.counts * 9 // 10
    return replace(amount, counts=counts, missing=amount.missing + int((amount.counts - counts).sum()))


def in_cents(held: Window) -> Window:
    """One in ten amounts, by bins, is in another unit."""
    amount = held.fields["amount"]
    bins = amount.bins.copy()
    bins[::10] += 7 * 16
    order = np.argsort(bins)
    moved = replace(amount, bins=bins[order], counts=amount.counts[order])
    return replace(held, fields={**held.fields, "amount": moved})


def from_elsewhere(held: Window) -> Window:
    """A twentieth comes from a country never seen."""
    country = held.fields["country"]
    return replace(
        held,
        fields={**held.fields, "country": replace(country, categories={**country.categories, "nl": held.rows // 20})},
    )


def refusing(rule: str, share: float = 0.05) -> Broken:
    """So many more are refused."""
    return lambda held: replace(held, refused={**held.refused, ("amount", rule): int(held.rows * share)})


def times(factor: float) -> Broken:
    """So many times as many events."""
    return lambda held: replace(held, rows=int(held.rows * factor), fields={}, refused={})
