"""The measures of a binary model, by the names a pipeline file uses."""

from typing import Literal, TypeAlias

Metric: TypeAlias = Literal[
    "accuracy",
    "average_precision",
    "brier",
    "calibration_error",
    "f1",
    "log_loss",
    "precision",
    "recall",
    "roc_auc",
]

LOWER_IS_BETTER: frozenset[str] = frozenset({"brier", "calibration_error", "log_loss"})

RARE = 0.1
"""Below this share of positives, models are chosen by average precision."""
