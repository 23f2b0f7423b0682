"""What lies behind a model's measures: its decisions counted, and its scores beside what came true."""

from collections.abc import Mapping

import numpy as np

from services.training.domain.interval import Answers
from services.training.domain.metric import Label, score_bins

Bin = Mapping[str, float]


def confusion(label: Label, answers: Answers) -> dict[str, int]:
    """Rows by what was decided and what was true."""
    decided, true = answers.score >= answers.threshold, label == 1
    return {
        "true_positives": int(np.count_nonzero(decided & true)),
        "false_positives": int(np.count_nonzero(decided & ~true)),
        "false_negatives": int(np.count_nonzero(~decided & true)),
        "true_negatives": int(np.count_nonzero(~decided & ~true)),
    }


def reliability(label: Label, answers: Answers) -> tuple[Bin, ...]:
    """Of each bin of scores that isn't empty, its rows, their mean score and their share of positives.

    The bins are those of the calibration error.
    """
    bins = score_bins(answers.score)
    found = []
    for number in np.unique(bins):
        its = bins == number
        score, rate = float(answers.score[its].mean()), float(label[its].mean())
        found.append({"bin": int(number), "rows": int(its.sum()), "score": score, "positive_rate": rate})
    return tuple(found)
