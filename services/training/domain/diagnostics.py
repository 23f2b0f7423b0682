"""What lies behind a model's measures: its decisions counted, its errors, and its scores beside what came true."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.contracts.pipeline.learning_task import LearningTask
from services.training.domain.class_metric import decided, right
from services.training.domain.cohort import Label
from services.training.domain.interval import Answers
from services.training.domain.metric import score_bins

Bin = Mapping[str, float]

_TENTHS = 10
_QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}


def diagnosed(task: LearningTask, label: Label, answers: Answers) -> Mapping[str, Any]:
    """What is told of a model of this task, by the names that `Measured` has for it."""
    if task.several:
        return {"by_class": by_class(task.names, label, answers), "reliability": of_the_decided(label, answers)}
    if not task.labelled:
        return {"confusion": confusion(label, answers), "reliability": of_the_usual(label, answers)}
    if task.has_classes:
        return {"confusion": confusion(label, answers), "reliability": reliability(label, answers)}
    return {"reliability": by_tenths(label, answers), "residuals": residuals(label, answers)}


def residuals(label: Label, answers: Answers) -> Mapping[str, float]:
    """Label less score: mean (of a model that answers too low it is above 0) and quantiles."""
    found = label - answers.score
    quantiles = np.quantile(found, list(_QUANTILES.values())).tolist()
    return {"mean": float(found.mean())} | dict(zip(_QUANTILES, quantiles, strict=True))


def by_tenths(label: Label, answers: Answers) -> tuple[Bin, ...]:
    """Of each tenth of the rows by score, its rows, their mean score and label, and their mean absolute error."""
    found = []
    for number, its in enumerate(np.array_split(np.argsort(answers.score, kind="stable"), _TENTHS)):
        if len(its):
            score, true = answers.score[its], label[its]
            means = {
                "score": float(score.mean()),
                "label": float(true.mean()),
                "mae": float(np.abs(true - score).mean()),
            }
            found.append({"bin": number, "rows": len(its)} | means)
    return tuple(found)


def confusion(label: Label, answers: Answers) -> dict[str, int]:
    """Rows by what was decided and what was true."""
    decided, true = answers.score >= answers.threshold, label == 1
    return {
        "true_positives": int(np.count_nonzero(decided & true)),
        "false_positives": int(np.count_nonzero(decided & ~true)),
        "false_negatives": int(np.count_nonzero(~decided & true)),
        "true_negatives": int(np.count_nonzero(~decided & ~true)),
    }


def by_class(names: Sequence[str], label: Label, answers: Answers) -> tuple[Mapping[str, Any], ...]:
    """Of each class its rows, by what was decided of them, in the order of the classes."""
    size = len(names)
    counts = np.bincount(label.astype(np.intp) * size + decided(answers.score), minlength=size * size)
    told = zip(names, counts.reshape(size, size).tolist(), strict=True)
    return tuple({"class": name, "rows": sum(row), "decided": row} for name, row in told)


def of_the_decided(label: Label, answers: Answers) -> tuple[Bin, ...]:
    """As `reliability`, of the probability of the class that was decided, and whether it was the right one."""
    top, true = answers.score.max(axis=1), right(label, answers.score)
    bins = score_bins(top)
    each = ((number, bins == number) for number in np.unique(bins))
    return tuple(
        {
            "bin": int(number),
            "rows": int(its.sum()),
            "score": float(top[its].mean()),
            "right_rate": float(true[its].mean()),
        }
        for number, its in each
    )


def of_the_usual(label: Label, answers: Answers) -> tuple[Bin, ...]:
    """As `reliability`, of the rows as they came alone, without a truth: what is answered later is to be like these."""
    usual = label == 0
    bins = reliability(label[usual], answers.take(usual))
    return tuple({name: one[name] for name in ("bin", "rows", "score")} for one in bins)


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
