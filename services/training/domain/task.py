"""What a pipeline file asks of a run."""

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.evaluate import MIN_POSITIVES
from services.contracts.pipeline.metric import DISPARITIES
from services.training.domain.evaluation import Task
from services.training.domain.measurement import Wanted
from services.training.domain.split import SplitRule

_ALWAYS = ("accuracy", "roc_auc", "average_precision")
_OF_GROUPS = ("precision", "recall", "calibration_error")
_BETWEEN_GROUPS = tuple(sorted(DISPARITIES))
"""Measured for the record, whatever the criteria ask; of groups, and between those that a model must be fair to."""


def task_of(pipeline: Pipeline, known_before: int, seed: int) -> Task:
    """The task of a run whose rows are those known before a time, in microseconds."""
    split, accept, optimise = pipeline.evaluate.split, pipeline.evaluate.accept or (), pipeline.model.optimise
    assert optimise is not None
    wanted = [
        Wanted(asked.metric, asked.confidence, int(asked.blocks), asked.by or "", asked.min_positives or 0)
        for asked in accept
    ]
    day, confidence = (int(accept[0].blocks), accept[0].confidence) if accept else (int(pipeline.monitor.window), 0.95)
    wanted += [Wanted(metric, confidence, day) for metric in dict.fromkeys((optimise, *_ALWAYS))]
    for name in pipeline.event.groups:
        fair = _BETWEEN_GROUPS if pipeline.event.fields[name].role == "fairness" else ()
        metrics = dict.fromkeys((optimise, *_OF_GROUPS, *fair))
        wanted += [Wanted(metric, confidence, day, name, MIN_POSITIVES) for metric in metrics]
    holdout = int(split.holdout)
    rule = SplitRule(holdout, int(split.validation or holdout), split.min_rows, split.min_positives)
    families, measures = tuple(pipeline.model.learners), tuple(dict.fromkeys(wanted))
    keep = pipeline.model.imbalance.keep_negatives
    keep_negatives = None if keep == "all" else keep
    return Task(families, optimise, measures, rule, split.refit, known_before, seed, keep_negatives)
