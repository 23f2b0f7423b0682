"""Rare positives: boosting is fitted on some of the negatives only, and its scores are brought back to the true odds.

A step of Newton's moves a leaf of positives by learning rate / base rate in log-odds: by 10 in a single tree where one
row in a hundred is positive, and later trees repair what was overshot instead of learning. (XGBoost has its
`max_delta_step` against that; scikit-learn has no such bound.)
"""

from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV

from services.training.domain.cohort import Rows


def thinned(rows: Rows, keep: int | None, seed: int) -> tuple[Rows, float]:
    """Rows with at most `keep` negatives to a positive (None: all), in their order, and the share of negatives left.

    Negatives are drawn evenly, so that all times and kinds of them are there as among all rows.
    """
    if keep is None:
        return rows, 1.0
    negatives = np.flatnonzero(rows.label == 0)
    most = keep * rows.positives
    if most >= len(negatives):
        return rows, 1.0
    left = np.random.default_rng(seed).choice(negatives, most, replace=False)
    chosen = np.sort(np.concatenate([np.flatnonzero(rows.label == 1), left]))
    return rows.take(chosen), most / len(negatives)


def restore_odds(model: Any, share: float) -> None:
    """Let a boosting that was fitted on this share of the negatives give the odds among all rows, in place.

    Its log-odds are too high by a constant (King and Zeng 2001), which the prediction before the first tree takes, or
    the sigmoid that calibrates it.
    """
    if isinstance(model, CalibratedClassifierCV):
        for sigmoid in (one for fitted in model.calibrated_classifiers_ for one in fitted.calibrators):
            sigmoid.b_ -= np.log(share)  # probability = 1 / (1 + exp(a * score + b))
    else:
        model._baseline_prediction += np.log(share)  # noqa: SLF001 (no public way)
