"""A model file that answers and explains itself beside the golden rows of its manifest."""

import numpy as np
import orjson
import pytest

from services.chassis.keys import make_keys
from services.chassis.store import Store
from services.inference.adapters.onnx_model import OnnxModel
from services.inference.domain.vectors import Vectors
from tests.model import published
from tests.platform import pipeline_named


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    folder = tmp_path_factory.mktemp("model")
    make_keys(folder)
    store = Store("memory:///")
    value = published(pipeline_named("small"), store, folder, "v1", 1)
    return OnnxModel("v1", store.get(value["model_uri"]), orjson.loads(value["manifest"]))


def rows(seed: int) -> Vectors:
    layout, chance = pipeline_named("small").resolved.layout, np.random.default_rng(seed)
    numbers = chance.normal(size=(9, len(layout.numbers))).astype(np.float32)
    numbers[::3, 1] = np.nan
    return Vectors(layout.numbers, layout.categories, numbers, [["a"]] * 9)


def test_an_explanation_adds_up_to_the_score_that_was_served(model: OnnxModel) -> None:
    batch = rows(1)
    assert model.explainer is not None
    for place, score in enumerate(model.scores(batch).tolist()):
        found = model.explainer.explain(batch.rows(np.array([place])))
        assert found is not None
        assert found.score == score
        assert found.base + sum(found.contributions.values()) == pytest.approx(score, abs=1e-12)


def test_its_features_are_those_that_the_file_names(model: OnnxModel) -> None:
    assert model.explainer is not None
    found = model.explainer.explain(rows(2).rows(np.array([1])))
    assert found is not None
    assert set(found.contributions) == {"amount", "kind", "shop.spend", "shop.back"}
    assert next(iter(found.contributions)) == "amount"
