"""Invented streams for what monitoring is measured with: seasonal, autocorrelated, with or without a known change.

Deterministic for a seed. A model answers from the first day on with what is true before the change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MATURITY = 3
"""Days until labels are known."""
KINDS = ("none", "low", "high")


@dataclass(frozen=True)
class Plan:
    """What a stream is. per_step: events in the mean of a step, which is a window. steps: of them.

    day: steps in one. change: what changes at step `at`, over so many steps. virtual: the fields `size` and `count`
    move by half a deviation, of which the label doesn't depend. real: what `amount` says of the label turns round.
    """

    steps: int
    per_step: int
    day: int = 1
    change: Literal["nothing", "virtual", "real"] = "nothing"
    at: int = 0
    over: int = 0


@dataclass(frozen=True)
class Step:
    """The events of one window. places: of each within it, from 0 to 1, ascending. score: what the model answered."""

    places: Floats
    numbers: dict[str, Floats]
    categories: dict[str, list[str]]
    score: Floats
    positive: npt.NDArray[np.bool_]


def stream(plan: Plan, seed: int) -> Iterator[Step]:
    """The steps of a stream, one after the other."""
    rng = np.random.default_rng(seed)
    level = _autocorrelated(rng, plan, 0.2)
    mood = _autocorrelated(rng, plan, 0.2)
    for step in range(plan.steps):
        yield _step(rng, plan, step, float(level[step]), float(mood[step]))


def _step(rng: np.random.Generator, plan: Plan, step: int, level: float, mood: float) -> Step:
    """level: of the inputs. mood: of the labels, which no input tells."""
    weekend = 0.6 if step // plan.day % 7 >= 5 else 1.1
    rows = max(1, int(rng.poisson(plan.per_step * weekend)))
    places = np.sort(rng.random(rows))
    hour = 2 * np.pi * (places + step % plan.day) / plan.day
    tide = level + 0.5 * np.sin(hour) + (0.2 if weekend < 1 else -0.1)
    moved = _share(plan, step)
    away = 0.5 * moved if plan.change == "virtual" else 0.0
    amount = tide + rng.normal(0, 1, rows)
    numbers = {
        "amount": np.exp(3 + 0.7 * amount),
        "size": rng.normal(10 + 2 * (away + 0.3 * level), 2, rows),
        "count": np.floor(rng.gamma(4 * (1 + away), 2.0, rows)),
        "share": rng.beta(2, 5, rows),
    }
    odds = np.exp(np.array([0.0, -0.5 + 0.3 * level, -2.0]))
    category = np.searchsorted(np.cumsum(odds[:-1]) / odds.sum(), rng.random(rows))
    slope = 1.0 - 2.0 * moved if plan.change == "real" else 1.0
    rest = -2.2 + 0.8 * (category == 1) + 2.0 * (numbers["share"] - 0.3)
    positive = rng.random(rows) < _sigmoid(rest + slope * amount + mood)
    return Step(
        places, numbers, {"kind": np.array(KINDS, object)[category].tolist()}, _sigmoid(rest + amount), positive
    )


def _share(plan: Plan, step: int) -> float:
    """How much of the change has come."""
    if plan.change == "nothing" or step < plan.at:
        return 0.0
    return min(1.0, (step - plan.at + 1) / plan.over) if plan.over else 1.0


def _autocorrelated(rng: np.random.Generator, plan: Plan, deviation: float) -> Floats:
    """A first-order process that halves in a day, whatever the step."""
    keep = 0.5 ** (1 / plan.day)
    noise = rng.normal(0, deviation, plan.steps)
    values, past = np.zeros(plan.steps), 0.0
    for step in range(plan.steps):
        past = keep * past + (1 - keep**2) ** 0.5 * noise[step]
        values[step] = past
    return values


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))
