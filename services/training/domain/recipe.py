"""What a run learns by, as two digests: its inputs and what they mean, and the rest of the model section with the code
of learners that it names, and the list of several classes."""

from collections.abc import Mapping
from typing import Any

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.definition import short_digest

_INPUTS = {"inputs", "served"}


def recipe(pipeline: Pipeline) -> Mapping[str, str]:
    """Part of the file → digest. What only travels to the model (`model.served`) is in neither."""
    resolved = pipeline.resolved
    said: list[Any] = [pipeline.model.model_dump(mode="json", exclude=_INPUTS, exclude_none=True)]
    target = pipeline.label.target
    said += [] if target.classes is None else [list(target.classes)]
    said += [] if pipeline.estimators is None else [pipeline.estimators]
    meanings = [[name, resolved.digests[name]] for name in resolved.inputs]
    return {"features": short_digest(meanings), "model": short_digest(said)}
