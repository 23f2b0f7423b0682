"""What labels alone tell: the answer that is the same for every row."""

import numpy as np

from services.training.domain.cohort import Label


def prior(label: Label, metric: str) -> float:
    """The mean of labels that are known; their median where absolute errors count."""
    return float(np.median(label) if metric == "mae" else label.mean())
