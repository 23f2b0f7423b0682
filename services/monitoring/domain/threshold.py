"""How much excess over its reference a statistic may accumulate, for a stated rate of false alarms.

The reference's own windows are drawn again in blocks of a season (moving block bootstrap, Künsch 1989), so that
rhythm and autocorrelation stay; single windows would promise far fewer alarms than come.
"""

import hashlib
import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DRAWS = 1000
HORIZON = 4
"""Seasons over which the alarms of a draw are counted."""


def seed_of(*parts: str) -> int:
    """A seed that depends on nothing but names."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


def excess_limit(
    values: Floats, allowance: float, season: int, alarms: float, seed: int, deviation: float = 0.0
) -> float:
    """The limit of CUSUM's sum that stationary data pass so rarely.

    values: the statistic of each window of the reference, in order. allowance: subtracted from each excess. season:
    windows. alarms: expected false alarms of this detector in `HORIZON` seasons (at least 28 windows). deviation: how
    far each value is from the truth, of sampling alone; windows that agree better than that did so by chance.
    Each draw is a reference of the same size, by which the draw's future is judged: a short reference, which may have
    been a lucky one, so gets a higher limit.
    """
    count, horizon = len(values), horizon_of(season)
    block = min(season, max(2, count // 2)) if count > 1 else 1
    spread = math.sqrt(count / (count - 1)) if count > 1 else 1.0
    centred = (values - values.mean()) * spread
    rng = np.random.default_rng(seed)
    unseen = math.sqrt(max(0.0, deviation**2 - float(centred.var())))
    levels = _drawn(centred, count, block, rng).mean(axis=1)
    future = _drawn(centred, horizon, block, rng)
    if unseen:
        levels += rng.normal(0.0, unseen / math.sqrt(count), DRAWS)
        # half of it mirrors the other: as many values for half of the draws
        noise = rng.normal(0.0, unseen, (DRAWS // 2, horizon))
        future += np.concatenate([noise, -noise])
    running, highest, usual = np.zeros(DRAWS), np.zeros(DRAWS), levels + allowance
    for step in range(horizon):
        running += future[:, step] - usual
        np.maximum(running, 0.0, out=running)
        np.maximum(highest, running, out=highest)
    return float(np.quantile(highest, math.exp(-alarms), method="higher"))


def horizon_of(season: int) -> int:
    """Windows over which alarms are counted."""
    return max(28, HORIZON * season)


def _drawn(values: Floats, length: int, block: int, rng: np.random.Generator) -> Floats:
    starts = rng.integers(0, len(values), (DRAWS, -(-length // block)))
    blocks = np.lib.stride_tricks.sliding_window_view(np.concatenate([values, values[: block - 1]]), block)
    drawn: Floats = blocks[starts].reshape(DRAWS, -1)[:, :length]
    return drawn
