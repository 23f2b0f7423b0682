"""The measures of a model, by the names a pipeline file uses."""

from typing import Literal, TypeAlias, get_args

Metric: TypeAlias = Literal[
    "accuracy",
    "alert_rate",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "calibration_error",
    "cost",
    "f1",
    "log_loss",
    "macro_f1",
    "mae",
    "precision",
    "r2",
    "recall",
    "rmse",
    "roc_auc",
]

Disparity: TypeAlias = Literal["demographic_parity", "equalised_odds"]
"""How far apart the groups lie that are decided worst and best: 0 where they fare alike, 1 at most."""

LATENCY: Literal["latency"] = "latency"
"""Processor time of scoring 1,000 rows, in milliseconds: measured by the registry, not on the hold-out."""

LOWER_IS_BETTER: frozenset[str] = frozenset(
    {"alert_rate", "brier", "calibration_error", "cost", "log_loss", "mae", "rmse"}
)

DISPARITIES: frozenset[str] = frozenset(get_args(Disparity))

OF_NUMBERS: frozenset[str] = frozenset({"mae", "r2", "rmse"})
"""Measures of predicted numbers: mean absolute error, share of variance explained, root of the mean squared error."""

OF_SEVERAL: frozenset[str] = frozenset({"accuracy", "balanced_accuracy", "log_loss", "macro_f1"})
"""Measures of several classes. balanced_accuracy, macro_f1: means over the classes of recall and of F1, so that a rare
class counts as much as another."""

OF_ANOMALY: frozenset[str] = frozenset({"alert_rate", "average_precision", "recall", "roc_auc"})
"""Measures of scores that tell what is unusual. alert_rate: share of clean rows that are flagged; the others are of
anomalies that were injected beside these."""

OF_CLASSES: frozenset[str] = (
    (frozenset(get_args(Metric)) | DISPARITIES) - OF_NUMBERS - {"alert_rate", "balanced_accuracy", "macro_f1"}
)
"""Measures of probabilities and decisions, of two classes."""

OF_DECISIONS: frozenset[str] = frozenset({"accuracy", "alert_rate", "cost", "f1", "precision", "recall"}) | DISPARITIES
"""Measures of decisions alone: another threshold changes them, and no other measure."""

OF_EVEN_ODDS: frozenset[str] = frozenset({"accuracy", "log_loss", "brier", "calibration_error"})
"""Measures of probabilities and of right decisions: by even odds is decided where nothing says what that costs."""

COVERAGE = 0.9
"""Share of labels that intervals hold, unless the file says otherwise."""

RARE = 0.1
"""Below this share of positives, models are chosen by average precision."""

ALERT_RATE = "1%"
"""Share of clean events that may be flagged, unless the file says otherwise."""

TOO_MANY = 2.0
"""A model may flag so many times that share of the clean rows it is measured on, unless the file says otherwise."""
