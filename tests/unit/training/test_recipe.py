"""What a run learns by, as digests."""

import pytest

from services.contracts.pipeline import Pipeline
from services.training.domain.recipe import recipe
from tests.unit.contracts.cards import TEXTS, changed

USUAL = recipe(Pipeline.from_texts(TEXTS))


def said(old: str, new: str) -> Pipeline:
    return Pipeline.from_texts(changed(old, new))


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("learners: [logistic]", "learners: [forest]", {"model"}),
        ("learners: [logistic]", "learners: [logistic]\n  calibrate: sigmoid", {"model"}),
        ("learners: [logistic]", "learners: [logistic]\n  served: [channel]", set()),
        ("agg: [count, mean]", "agg: [count, mean, std]", {"features"}),
        ("smooth: 20", "smooth: 10", {"features"}),
        ("accept: [{metric: roc_auc, above: baseline}]", "accept: []", set()),
    ],
)
def test_a_digest_changes_with_what_it_is_of_and_with_nothing_else(old: str, new: str, parts: set[str]) -> None:
    found = recipe(said(old, new))
    assert {part for part, digest in found.items() if digest != USUAL[part]} == parts


def test_the_code_of_one_s_own_learners_is_part_of_the_model() -> None:
    texts = changed("learners: [logistic]", "learners: [{estimator: mine}]")
    code = "def mine(numbers, categories, seed):\n    return {}\n"
    one, other = (recipe(Pipeline.from_texts(texts | {"learners.py": code.format(what)})) for what in ("None", "1"))
    assert (one["features"], one["model"] == other["model"]) == (other["features"], False)
