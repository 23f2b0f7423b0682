"""Keys of a pipeline's file set otherwise: the same pipeline as if they stood there, the same mistakes."""

from pathlib import Path

import pytest

from services.contracts.pipeline import Duration, Pipeline, PipelineInvalid, changed, load
from tests.platform import PAYMENTS, pipeline_named

SMALL = pipeline_named("small")


def with_line(old: str, new: str) -> Pipeline:
    texts = dict(SMALL.texts)
    assert old in texts["pipeline.yaml"]
    return Pipeline.from_texts(texts | {"pipeline.yaml": texts["pipeline.yaml"].replace(old, new)})


def told(*assignments: str) -> list[str]:
    with pytest.raises(PipelineInvalid) as caught:
        changed(SMALL.texts, assignments)
    return list(map(str, caught.value.mistakes))


def test_it_means_what_it_would_mean_in_the_file() -> None:
    written = with_line("model: {", "model: {learners: [forest], search: {trials: 3, seconds: 9}, ")
    assert (
        changed(SMALL.texts, ["model.learners=[forest]", "model.search={trials: 3, seconds: 9}"]).digest
        == written.digest
    )
    assert changed(SMALL.texts, ["model.search.trials=3"]).model.search is not None
    assert changed(SMALL.texts, ["evaluate.split.holdout=2d"]).digest == with_line("holdout: 1d", "holdout: 2d").digest


def test_nothing_set_changes_nothing_and_a_whole_file_survives_it() -> None:
    assert changed(SMALL.texts, []).digest == SMALL.digest
    payments = pipeline_named("payments", PAYMENTS)
    assert changed(payments.texts, [f"purpose={payments.purpose}"]).digest == payments.digest


def test_a_mistake_is_the_one_that_check_tells() -> None:
    with pytest.raises(PipelineInvalid) as caught:
        with_line("model: {", "model: {learnrs: [forest], ")
    (checked,) = caught.value.mistakes
    (found,) = told("model.learnrs=[forest]")
    assert found == f"--set model.learnrs: {str(checked).partition(': ')[2]}"
    assert told("model.learners=[tree]")[0].startswith("--set model.learners: model.learners[0]: ")


def test_what_is_no_assignment_is_refused() -> None:
    assert told("model.learners") == ["--set model.learners: isn't an assignment; expected model.learners=[forest]"]
    assert told("=3") == ["--set =3: isn't an assignment; expected model.learners=[forest]"]
    assert told("model.inputs.x=3") == [
        "--set model.inputs.x: model.inputs has no keys in it; expected to set it whole"
    ]
    assert told("model.learners=[forest")[0].startswith("--set model.learners:1:")


def test_code_that_only_the_change_calls_is_found(tmp_path: Path) -> None:
    for name, text in SMALL.texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "features.py").write_text("def twice(amount):\n    return amount * 2\n")
    (tmp_path / "other.yaml").write_text(SMALL.texts["pipeline.yaml"].replace("holdout: 1d", "holdout: 3d"))
    row = "features.row={double: {function: twice, of: [amount]}}"
    assert load(tmp_path, [row]).resolved.functions is not None
    assert load(tmp_path / "other.yaml", [row]).evaluate.split.holdout == Duration("3d")
