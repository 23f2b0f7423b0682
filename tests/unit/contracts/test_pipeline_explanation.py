"""`explain`, `json_schema` and `new`: what the command shows and writes."""

import json
from pathlib import Path

import pytest

from services.contracts.pipeline import Pipeline, PipelineInvalid, check, explain, json_schema, load, new


def test_a_new_pipeline_has_no_mistake(tmp_path: Path) -> None:
    files = new("my-shop", tmp_path / "my-shop")
    assert sorted(path.name for path in files) == ["README.md", "event.avsc", "label.avsc", "pipeline.yaml"]
    assert check(tmp_path / "my-shop") == []
    assert load(tmp_path / "my-shop").resolved.event_record_name == "my_shop.Event"


def test_a_new_pipeline_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(FileExistsError, match=r"already holds README\.md; nothing was written"):
        new("shop", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize("name", ["", "Shop", "1shop", "a.b", "a_b", "../x", "x" * 81])
def test_a_name_that_cannot_begin_topics_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PipelineInvalid, match="can't name a pipeline"):
        new(name, tmp_path)


def test_the_explanation_is_the_same_pipeline(tmp_path: Path) -> None:
    new("shop", tmp_path)
    pipeline = load(tmp_path)
    again = Pipeline.from_texts({**pipeline.texts, "pipeline.yaml": explain(pipeline)})
    assert again.digest == pipeline.digest
    assert again.resolved == pipeline.resolved
    assert explain(again) == explain(pipeline)


def test_the_explanation_says_how_many_negatives_are_kept(tmp_path: Path) -> None:
    new("shop", tmp_path)
    assert "imbalance: {keep_negatives: 20}" in explain(load(tmp_path))


def test_the_digest_ignores_comments_and_layout_but_no_meaning(tmp_path: Path) -> None:
    new("shop", tmp_path)
    pipeline = load(tmp_path)
    text = pipeline.texts["pipeline.yaml"]
    for old, new_text, same in [
        ("name: shop", "name:   shop  # ours", True),
        ("agg: mean, smooth", "agg: [mean], smooth", True),
        ("prior: 0.1", "prior: 0.2", False),
    ]:
        changed = Pipeline.from_texts({**pipeline.texts, "pipeline.yaml": text.replace(old, new_text)})
        assert changed.texts["pipeline.yaml"] != text
        assert (changed.digest == pipeline.digest) is same


def test_texts_are_all_that_is_needed(tmp_path: Path) -> None:
    new("shop", tmp_path)
    pipeline = load(tmp_path)
    assert set(pipeline.texts) == {"pipeline.yaml", "event.avsc", "label.avsc"}
    extra = Pipeline.from_texts({**pipeline.texts, "README.md": "not part of it"})
    assert extra.texts == pipeline.texts
    assert extra.digest == pipeline.digest


def test_the_schema_for_editors_knows_every_section() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert {"driftmill", "name", "entities", "event", "model"} == set(schema["required"])
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Event"]["properties"]["schema"]["type"] == "string"
    assert schema["$defs"]["FeatureDefaults"]["properties"]["windows"]["default"] == ["1d", "7d", "28d"]
    kept = schema["$defs"]["Imbalance"]["properties"]["keep_negatives"]
    assert (kept["default"], kept["anyOf"]) == (
        20,
        [{"minimum": 1, "type": "integer"}, {"const": "all", "type": "string"}],
    )
    assert "$ref" in json.dumps(schema["$defs"]["Features"]["additionalProperties"])
