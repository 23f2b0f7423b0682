"""Cards in the store: made of the model's own file, the same again, beside it."""

from pathlib import Path
from typing import Any

import pytest

from services.chassis.store import Store
from services.contracts.manifest import canonical
from services.registry.adapters.cards import Cards, key
from services.registry.domain.acceptance import Verdict
from services.training.adapters.onnx_export import export
from tests.platform import pipeline_named
from tests.unit.registry.facts import HOLDS, facts
from tests.unit.training.fitted import fitted

VERDICT = Verdict(True, (HOLDS,))


def candidate(**changes: Any) -> dict[str, Any]:
    return {"version": "v1", "model_uri": "models/small/abc.onnx", "manifest": canonical(facts(**changes))}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path.as_uri())
    made.put("models/small/abc.onnx", export(fitted("forest")))
    return made


def test_the_graph_is_that_of_the_file(store: Store) -> None:
    text = Cards(store).made(candidate(), pipeline_named("small"), VERDICT, {}).md.decode()
    assert "merged_columns = Concat(customer.spend.mean.7d, amount)\n" in text
    assert "ordinal_output = Reshape(label_encoder, constant)\n" in text
    assert "probability = TreeEnsembleClassifier(transformed_column)  # 20 trees, " in text


def test_what_is_kept_is_what_is_made_again(store: Store) -> None:
    cards, pipeline = Cards(store), pipeline_named("small")
    assert cards.kept(candidate(), "md") is None
    cards.keep(candidate(), cards.made(candidate(), pipeline, VERDICT, {}))
    again = Cards(store).made(candidate(), pipeline, VERDICT, {})
    assert (cards.kept(candidate(), "md"), cards.kept(candidate(), "html")) == (again.md, again.html)
    assert again.html.startswith(b"<!doctype html>")


def test_a_version_of_the_same_name_made_otherwise_has_a_card_of_its_own() -> None:
    assert key(candidate(), "md").startswith("models/small/v1-")
    assert key(candidate(), "md") != key(candidate(seed=8), "md")


def test_a_card_needs_the_models_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Cards(Store(tmp_path.as_uri())).made(candidate(), pipeline_named("small"), VERDICT, {})
