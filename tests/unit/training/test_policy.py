"""What a pipeline file asks of a run."""

from pathlib import Path

from services.contracts.pipeline import Pipeline
from services.training.domain.measurement import Wanted
from services.training.domain.policy import task_of
from services.training.domain.split import SplitRule
from tests.unit.training.rows import DAY


def test_the_task_says_what_the_pipelines_file_says() -> None:
    folder = Path(__file__).parents[3] / "pipelines" / "flights"
    texts = {file.name: file.read_text() for file in folder.iterdir() if file.suffix in (".yaml", ".avsc")}
    pipeline = Pipeline.from_texts(texts)
    task = task_of(pipeline, 99, 7)
    split = pipeline.evaluate.split
    assert task.families == pipeline.model.learners
    assert (task.optimise, task.refit, task.known_before, task.seed) == ("roc_auc", True, 99, 7)
    assert task.rule == SplitRule(int(split.holdout), int(split.holdout), split.min_rows, split.min_positives)
    assert Wanted("roc_auc", 0.95, DAY) in task.wanted
    assert {Wanted(one.metric, one.confidence, int(one.blocks)) for one in pipeline.evaluate.accept or ()} <= set(
        task.wanted
    )
