"""An estimator of the user's own: tried, exported and judged like the others, refused where it can't be served."""

from dataclasses import replace

import numpy as np
import pytest

from services.contracts.pipeline import Pipeline
from services.training.adapters.candidate import Candidate, NoFaithfulFile, learn
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.adapters.own_learners import OwnLearnerWrong, own_learners
from services.training.domain.evaluation import Task
from services.training.domain.learner import Columns
from services.training.domain.search import Search
from tests.learning.test_candidate import prior
from tests.platform import PAYMENTS, pipeline_named
from tests.unit.contracts.cards import TEXTS
from tests.unit.training.rows import hourly_rows, made_rows, made_task

SOURCE = """
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, FunctionTransformer


def mine(numbers, categories, seed):
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(make_column_transformer((SimpleImputer(), numbers), (one_hot, categories)), GaussianNB())


def unwritable(numbers, categories, seed):
    squared = make_pipeline(SimpleImputer(), FunctionTransformer(lambda x: x**2))
    return make_pipeline(make_column_transformer((squared, numbers)), GaussianNB())


def no_classifier(numbers, categories, seed):
    return LinearRegression()
"""


def asked(learners: str) -> Pipeline:
    text = TEXTS["pipeline.yaml"].replace("learners: [logistic]", f"learners: {learners}")
    return Pipeline.from_texts({**TEXTS, "pipeline.yaml": text, "learners.py": SOURCE})


def task(learners: str, search: Search | None = None) -> Task:
    pipeline, made = asked(learners), made_task()
    own = own_learners(pipeline)
    return replace(made, space=replace(made.space, families=pipeline.model.families, own=own, search=search))


def test_it_is_offered_and_its_file_scores_as_it_does() -> None:
    rows = made_rows(a_day=20)
    found = learn(rows, task("[{estimator: mine}]"), prior(rows), None)
    assert isinstance(found, Candidate)
    released = found.evaluation.released
    assert str(released.configuration) == "mine()"
    assert OnnxScorer(found.content).scores(rows.inputs) == pytest.approx(released.scores(rows.inputs), abs=1e-5)


def test_a_search_tries_it_as_it_is() -> None:
    rows = made_rows(a_day=20)
    found = learn(rows, task("[{estimator: mine}, logistic]", Search(4, None)), prior(rows), None)
    assert isinstance(found, Candidate)
    assert {one.configuration.family for one in found.evaluation.trials} == {"mine", "logistic"}


def test_it_can_be_calibrated() -> None:
    rows, made = made_rows(a_day=20), task("[{estimator: mine}]")
    found = learn(rows, replace(made, space=replace(made.space, calibrate=True)), prior(rows), None)
    assert isinstance(found, Candidate)
    assert str(found.evaluation.released.configuration) == "mine(calibrate=sigmoid)"


def test_one_that_cannot_be_written_is_refused_with_the_reason() -> None:
    rows = made_rows(a_day=20)
    found = learn(rows, task("[{estimator: unwritable}]"), prior(rows), None)
    assert isinstance(found, NoFaithfulFile)
    assert found.refused["unwritable"].startswith("unwritable can't be written as ONNX: ")


def test_what_is_no_classifier_is_named() -> None:
    rows = made_rows(a_day=20)
    with pytest.raises(
        OwnLearnerWrong, match=r"learners\.py: no_classifier gave LinearRegression, expected a classifier"
    ):
        learn(rows, task("[{estimator: no_classifier}]"), prior(rows), None)


def test_without_one_the_file_is_not_run() -> None:
    assert own_learners(Pipeline.from_texts({**TEXTS, "learners.py": "1/0"})) == {}


def of_numbers(source: str) -> Pipeline:
    texts = dict(pipeline_named("bikes", PAYMENTS.parent / "bikes").texts)
    said = texts["pipeline.yaml"].replace("learners: [linear, hist_boosting]", "learners: [{estimator: mine}]")
    return Pipeline.from_texts(texts | {"pipeline.yaml": said, "learners.py": source})


def test_one_of_a_regression_predicts_numbers() -> None:
    own = own_learners(of_numbers(SOURCE.replace("GaussianNB())", "LinearRegression())", 1)))
    task, rows = made_task(optimise="mae"), hourly_rows()
    found = learn(
        rows, replace(task, space=replace(task.space, families=("mine",), own=own)), np.zeros(len(rows)), None
    )
    assert isinstance(found, Candidate)
    assert found.parity.problem == ""
    nothing = own_learners(of_numbers("def mine(numbers, categories, seed):\n    return 7\n"))
    with pytest.raises(OwnLearnerWrong, match="gave int, expected a regressor with fit and predict"):
        nothing["mine"]({}, Columns((), (), {}), 0)
