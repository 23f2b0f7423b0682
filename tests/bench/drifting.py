"""Invented streams for what monitoring is measured with: seasonal, autocorrelated, with or without a known change.

Deterministic for a seed. A model answers from the first day on with what is true before the change.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MATURITY = 3
"""Days until labels are known."""
KINDS = ("none", "low", "high")
SENDERS = 400
PAST = 7
"""Days that features of a sender look back."""


@dataclass(frozen=True)
class Plan:
    """What a stream is. per_step: events in the mean of a step, which is a window. steps: of them.

    day: steps in one. change: what changes at step `at`, over so many steps. virtual: the fields `size` and `count`
    move by half a deviation, of which the label doesn't depend. real: what `amount` says of the label turns round.
    together: `size` goes with `amount`, each as before. busy: all events come from half of the senders.
    """

    steps: int
    per_step: int
    day: int = 1
    change: Literal["nothing", "virtual", "real", "together", "busy"] = "nothing"
    at: int = 0
    over: int = 0


@dataclass(frozen=True)
class Step:
    """The events of one window. places: of each within it, from 0 to 1, ascending. score: what the model answered.
    features: what is computed from the past of senders.
    """

    places: Floats
    numbers: dict[str, Floats]
    categories: dict[str, list[str]]
    score: Floats
    positive: npt.NDArray[np.bool_]
    features: dict[str, Floats] = field(default_factory=dict)


class _Senders:
    """What each sent in each of the last days, by steps."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._rng, self._plan = np.random.default_rng((seed, SENDERS)), plan
        self._held: deque[Floats] = deque(maxlen=PAST * plan.day)

    def features(self, step: int, amount: Floats) -> dict[str, Floats]:
        """Of the events of a step, in which the senders are taken in."""
        past = np.sum(self._held, axis=0) if self._held else np.zeros((2, SENDERS))
        stays = 1.0 - _share(self._plan, step) * (self._plan.change == "busy") / 2
        often = np.floor(SENDERS * stays * self._rng.random(len(amount)) ** 1.5).astype(np.int64)
        counts = np.bincount(often, minlength=SENDERS).astype(np.float64)
        self._held.append(np.array([counts, np.bincount(often, amount, SENDERS)]))
        number, total = past[0, often], past[1, often]
        mean = np.divide(total, number, out=np.full(len(amount), np.nan), where=number > 0)
        return {f"sender.sent.count.{PAST}d": number, f"sender.sent.mean.{PAST}d": mean, "row.ratio": amount / mean}


def stream(plan: Plan, seed: int) -> Iterator[Step]:
    """The steps of a stream, one after the other."""
    rng = np.random.default_rng(seed)
    level = _autocorrelated(rng, plan, 0.2)
    mood, senders = _autocorrelated(rng, plan, 0.2), _Senders(plan, seed)
    for step in range(plan.steps):
        found = _step(rng, plan, step, float(level[step]), float(mood[step]))
        yield replace(found, features=senders.features(step, found.numbers["amount"]))


def _step(rng: np.random.Generator, plan: Plan, step: int, level: float, mood: float) -> Step:
    """level: of the inputs. mood: of the labels, which no input tells."""
    weekend = 0.6 if step // plan.day % 7 >= 5 else 1.1
    rows = max(1, int(rng.poisson(plan.per_step * weekend)))
    places = np.sort(rng.random(rows))
    hour = 2 * np.pi * (places + step % plan.day) / plan.day
    tide = level + 0.5 * np.sin(hour) + (0.2 if weekend < 1 else -0.1)
    moved = _share(plan, step)
    away = 0.5 * moved if plan.change == "virtual" else 0.0
    own, other = rng.normal(0, 1, rows), rng.normal(0, 1, rows)
    with_amount = 0.6 * moved if plan.change == "together" else 0.0
    amount, size = tide + own, with_amount * own + (1 - with_amount**2) ** 0.5 * other
    numbers = {
        "amount": np.exp(3 + 0.7 * amount),
        "size": 10 + 2 * (away + 0.3 * level + size),
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
