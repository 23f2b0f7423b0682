"""A model file is taken only if it is the one that was signed."""

from typing import Any

import orjson
import pytest

from services.chassis.keys import make_keys
from services.chassis.store import Store
from services.inference.adapters.model_file import ModelRefused, read_model
from tests.model import published
from tests.platform import pipeline_named

Scene = tuple[Store, str, dict[str, Any]]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A store, the place of a model in it, and its manifest."""
    folder = tmp_path_factory.mktemp("model")
    make_keys(folder)
    store = Store("memory:///")
    value = published(pipeline_named("small"), store, folder, "v1", 1)
    return store, value["model_uri"], orjson.loads(value["manifest"])


def test_the_signed_file_is_read(scene: Scene) -> None:
    store, uri, manifest = scene
    model = read_model(store, "v1", uri, manifest)
    assert (model.version, model.digest) == ("v1", manifest["model_digest"])


def test_another_file_is_refused(scene: Scene) -> None:
    store, uri, manifest = scene
    store.put("models/other.onnx", store.get(uri) + b"\0")
    with pytest.raises(ModelRefused, match="v1: the file's digest isn't the signed one"):
        read_model(store, "v1", "models/other.onnx", manifest)


def test_a_file_that_is_gone_is_refused(scene: Scene) -> None:
    store, _, manifest = scene
    with pytest.raises(ModelRefused, match=r"v1: models/gone.onnx is not in the object store"):
        read_model(store, "v1", "models/gone.onnx", manifest)
