"""A pipeline's directory, checked: its files, and what the functions of its features.py do."""

from pathlib import Path

from services.contracts.pipeline import Mistake, Pipeline, PipelineInvalid, load
from services.kernel.probe import probe


def load_checked(directory: Path) -> Pipeline:
    """The pipeline in a directory; raises PipelineInvalid with every mistake. Runs features.py if it is called."""
    pipeline = load(directory)
    if mistakes := probe(pipeline):
        raise PipelineInvalid(mistakes)
    return pipeline


def looked_at(directory: Path) -> tuple[Pipeline | None, list[Mistake]]:
    """The pipeline, or all its mistakes."""
    try:
        return load_checked(directory), []
    except PipelineInvalid as invalid:
        return None, invalid.mistakes
