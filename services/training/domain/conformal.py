"""Intervals around predicted numbers, by split conformal prediction (Papadopoulos et al. 2002, Lei et al. 2018)."""

import math

import numpy as np

from services.training.domain.cohort import Floats


def half_width(label: Floats, score: Floats, coverage: float) -> float | None:
    """How far from their scores a share `coverage` of further labels lies, by rows that the model hasn't seen.

    The guarantee is for rows that might have come in any order; after a change it no longer holds, which is watched.
    None where there are too few rows for the share.
    """
    place = math.ceil((len(label) + 1) * coverage)
    return float(np.sort(np.abs(label - score))[place - 1]) if place <= len(label) else None
