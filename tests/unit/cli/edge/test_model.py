"""An exported model answers as inference does, row by row, and says why it doesn't."""

from pathlib import Path
from typing import Any

import pytest

from services.cli.edge.model import Model, Refused
from services.inference.adapters.onnx_model import OnnxModel
from tests.unit.cli.edge.scene import LAYOUT, make, row, vectors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="module")
def live(folder: Path) -> OnnxModel:
    return make(folder)


@pytest.fixture(scope="module")
def model(folder: Path, live: OnnxModel) -> Model:
    return Model(folder)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 500])
def test_scores_have_the_same_bits_in_any_batch(model: Model, live: OnnxModel, count: int) -> None:
    rows = [row(seed) for seed in range(count)]
    expected = live.scores(vectors(rows)).tolist() if rows else []
    assert [one["score"] for one in model.answers(rows)] == expected
    assert [one["label"] for one in model.answers(rows)] == [score >= 0.5 for score in expected]


@pytest.mark.parametrize(
    ("value", "like"), [("", None), ("inf", None), ("-1e999", None), (10**400, None), ("true", 1.0), (False, 0.0)]
)
def test_numbers_are_read_as_models_see_them(model: Model, value: Any, like: float | None) -> None:
    assert model.answers([row(1) | {"amount": value}]) == model.answers([row(1) | {"amount": like}])


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"amount": "much"}, "amount is 'much', expected a number"),
        ({"amount": [1]}, "amount is [1], expected a number"),
        ({"feature_set": "x", "numbers": "", "categories": []}, "is of the feature set x, expected one of"),
        ({"feature_set": LAYOUT.feature_set, "numbers": "AAAA", "categories": ["a"]}, "expected 5 packed numbers"),
        ({"feature_set": LAYOUT.feature_set, "numbers": "%", "categories": ["a"]}, "base64"),
        ({"feature_set": [], "numbers": "", "categories": []}, "is of the feature set []"),
        ({"feature_set": LAYOUT.feature_set, "numbers": None, "categories": 5}, "expected packed numbers"),
    ],
)
def test_a_row_that_cannot_be_read_fails_alone_and_says_why(model: Model, spoilt: dict[str, Any], why: str) -> None:
    first, middle, last = model.answers([row(1), row(2) | spoilt, row(3)])
    assert (middle["status"], middle["score"], middle["label"]) == ("failed", None, None)
    assert why in middle["why"]
    assert [first, last] == model.answers([row(1), row(3)])
    (lacking,) = model.answers([{name: value for name, value in row(1).items() if name != "kind"}])
    assert lacking["why"] == "lacks kind"


def test_what_is_not_whole_is_refused(folder: Path, live: OnnxModel, tmp_path: Path) -> None:
    assert live.version == Model(folder, unverified=True).release
    for name in ("model.onnx", "manifest.json", "manifest.sig", "manifest.pub", "features.json"):
        other = tmp_path / name.replace(".", "-")
        make(other)
        (other / name).unlink()
        with pytest.raises(Refused, match=name):
            Model(other)
