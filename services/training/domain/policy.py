"""What a pipeline file asks of a run, as the values that learning works with."""

from services.contracts.pipeline import Duration, Pipeline
from services.training.domain.evaluation import Task
from services.training.domain.measurement import Wanted
from services.training.domain.split import SplitRule

_CONFIDENCE = 0.95
_BLOCK = int(Duration("1d"))


def task_of(pipeline: Pipeline, known_before: int, seed: int) -> Task:
    """The task of a run. known_before: the dataset's clock: only labels known before it are learnt from.

    Measured is what each criterion of acceptance asks for, and always the metric that models are chosen by.
    """
    metric = pipeline.model.optimise
    assert metric is not None, "a resolved pipeline says what models are chosen by"
    asked = [Wanted(one.metric, one.confidence, int(one.blocks)) for one in pipeline.evaluate.accept or ()]
    return Task(
        families=tuple(pipeline.model.learners),
        optimise=metric,
        wanted=tuple(dict.fromkeys([*asked, Wanted(metric, _CONFIDENCE, _BLOCK)])),
        rule=split_rule(pipeline),
        refit=pipeline.evaluate.split.refit,
        known_before=known_before,
        seed=seed,
    )


def split_rule(pipeline: Pipeline) -> SplitRule:
    """How the rows are split."""
    split = pipeline.evaluate.split
    validation = split.holdout if split.validation is None else split.validation
    return SplitRule(int(split.holdout), int(validation), split.min_rows, split.min_positives)
