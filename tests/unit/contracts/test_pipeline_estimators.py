"""Estimators of the user's own: what is wrong with learners.py is found without running it."""

import pytest

from services.contracts.pipeline import Pipeline
from tests.unit.contracts.cards import TEXTS, changed, mistakes_of

SOURCE = """\
from sklearn.naive_bayes import GaussianNB


def mine(numbers, categories, seed):
    return GaussianNB()


def logistic(numbers, categories, seed):
    return GaussianNB()


def short(numbers):
    return GaussianNB()
"""


def asking(name: str = "mine", source: str = SOURCE) -> dict[str, str]:
    return {**changed("learners: [logistic]", f"learners: [{{estimator: {name}}}]"), "learners.py": source}


def test_it_goes_with_the_pipeline_and_its_code_is_part_of_the_digest() -> None:
    pipeline = Pipeline.from_texts(asking())
    assert pipeline.texts["learners.py"] == pipeline.estimators == SOURCE
    assert pipeline.model.families == ("mine",)
    other = Pipeline.from_texts(asking(source=SOURCE.replace("GaussianNB()", "GaussianNB(var_smoothing=1e-3)")))
    assert other.digest != pipeline.digest
    assert other.resolved.feature_set == pipeline.resolved.feature_set


def test_a_file_that_no_learner_names_is_no_part_of_the_pipeline() -> None:
    plain, beside = Pipeline.from_texts(TEXTS), Pipeline.from_texts({**TEXTS, "learners.py": "no Python"})
    assert (beside.texts, beside.digest) == (plain.texts, plain.digest)


@pytest.mark.parametrize(
    ("name", "source", "file", "message"),
    [
        ("mine", None, "pipeline.yaml", "there is no file 'learners.py' beside it"),
        ("mien", SOURCE, "pipeline.yaml", "learners.py has no function 'mien'"),
        ("logistic", SOURCE, "pipeline.yaml", "'logistic' is a learner of Driftmill's own"),
        ("short", SOURCE, "pipeline.yaml", "'short' of learners.py:12 takes other arguments"),
        ("mine", "def mine(", "learners.py", "isn't Python"),
        ("mine", "import torch\n" + SOURCE, "learners.py", "imports 'torch'"),
    ],
)
def test_a_mistake_is_named(name: str, source: str | None, file: str, message: str) -> None:
    texts = asking(name, source or "")
    if source is None:
        del texts["learners.py"]
    (mistake,) = mistakes_of(texts)
    assert mistake.file == file
    assert message in str(mistake)
