"""Learners of the user's own: what the functions of a pipeline's learners.py make."""

from collections.abc import Callable, Mapping
from typing import Any

from sklearn.pipeline import Pipeline as Steps
from sklearn.pipeline import make_pipeline

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.estimator_check import FILE
from services.contracts.pipeline.learning_task import LearningTask
from services.training.domain.learner import Columns, Make


class OwnLearnerWrong(ValueError):
    """A function of learners.py that gives nothing that learns the task."""


def own_learners(pipeline: Pipeline) -> Mapping[str, Make]:
    """Each by its name. Runs learners.py if there is one, and raises what it raises."""
    if pipeline.estimators is None:
        return {}
    scope: dict[str, Any] = {"__name__": "learners"}
    exec(compile(pipeline.estimators, FILE, "exec"), scope)
    task = pipeline.label.target.task
    return {name: _make(name, scope[name], task) for name in pipeline.model.estimators.values()}


def _make(name: str, function: Callable[[list[str], list[str], int], Any], task: LearningTask) -> Make:
    kind, answers = ("classifier", "predict_proba") if task.classifies else ("regressor", "predict")

    def made(settings: dict[str, Any], columns: Columns, seed: int) -> Steps:
        estimator = function(list(columns.numbers), list(columns.categories), seed)
        steps = estimator if isinstance(estimator, Steps) else make_pipeline(estimator)
        if not all(hasattr(steps[-1], method) for method in ("fit", answers)):
            gave = type(estimator).__name__
            raise OwnLearnerWrong(f"{FILE}: {name} gave {gave}, expected a {kind} with fit and {answers}")
        return steps

    return made
