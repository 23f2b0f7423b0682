"""How far a mean lies from zero, known at every look: a bet against each value that it might have.

Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, JRSS B 86(1), 2024 (online 2023).
Who bets at fair odds that the mean isn't m multiplies their capital by 1/alpha with a chance of alpha at most, however
long they play and whenever they stop (Ville's inequality). So the values against which no bet has won so much hold the
mean at all times together with a chance of 1 - alpha. What is asked of the numbers is that each, given those before it,
has this mean: blocks long enough not to resemble their neighbours, not rows.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STAKES = np.array([0.1, 0.25, 0.5, 0.75, 0.95])
"""Shares of what may be staked: the capital is put on each in equal parts (their diversified bets)."""

_HALVINGS = 40


def interval(values: Floats, alpha: float) -> tuple[float, float]:
    """Lower and upper end for the mean of numbers between -1 and 1 [n], in the order in which they came."""
    return _lower(values, alpha / 2), -_lower(-values, alpha / 2)


def _lower(values: Floats, alpha: float) -> float:
    """The greatest mean against which the bet that it lies higher has won, -1 if there is none.

    The capital falls as the mean that is bet against rises, so halving finds it.
    """
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if len(values) and log_capital(values, middle)[-1] >= -np.log(alpha):
            low = middle
        else:
            high = middle
    return low


def log_capital(values: Floats, mean: float) -> Floats:
    """Logarithm of what 1 has become after each number [n] by staking that their mean lies above `mean`.

    However low a number is, a part of the capital is left.
    """
    gains = np.log1p(STAKES[:, None] * (values - mean) / (1 + mean)).cumsum(axis=1)
    capital: Floats = np.logaddexp.reduce(gains, axis=0) - np.log(len(STAKES))
    return capital
