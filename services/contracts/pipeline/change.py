"""A pipeline with some of its keys set otherwise."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.contracts.pipeline.document import Document
from services.contracts.pipeline.mistake import Mistake, PipelineInvalid
from services.contracts.pipeline.pipeline import Pipeline
from services.contracts.pipeline.reading import FILE


def changed(texts: Mapping[str, str], assignments: Sequence[str]) -> Pipeline:
    """The pipeline of some texts with keys of its file set: `model.learners=[forest]`, the value in YAML.

    texts: file name → content. A key that isn't there is added, as if it stood in the file. Raises PipelineInvalid with
    every mistake of the texts, or else of the change, those under such a key placed at its assignment.
    """
    pipeline = Pipeline.from_texts(texts)
    if not assignments:
        return pipeline
    data: dict[str, Any] = Document.read(FILE, texts[FILE]).root.plain()
    paths = [_assign(data, assignment) for assignment in assignments]
    try:
        # JSON is YAML too
        return Pipeline.from_texts({**texts, FILE: json.dumps(data, ensure_ascii=False)})
    except PipelineInvalid as invalid:
        raise PipelineInvalid([_placed(mistake, paths) for mistake in invalid.mistakes]) from None


def _assign(data: dict[str, Any], assignment: str) -> str:
    """Set one key; its path."""
    path, equals, text = assignment.partition("=")
    if not equals or not all(path.split(".")):
        raise PipelineInvalid([_wrong(assignment, "isn't an assignment", "model.learners=[forest]")])
    value = Document.read(_source(path), text)
    if value.mistakes:
        raise PipelineInvalid(value.mistakes)
    *sections, key = path.split(".")
    place: Any = data
    for number, name in enumerate(sections, 1):
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise PipelineInvalid([_wrong(path, f"{'.'.join(sections[:number])} has no keys in it", "to set it whole")])
    place[key] = value.root.plain() if text.strip() else None
    return path


def _placed(mistake: Mistake, paths: Sequence[str]) -> Mistake:
    """Lines are those of a file that nobody has seen."""
    if mistake.file != FILE:
        return mistake
    under = next(
        (path for path in paths if mistake.path == path or mistake.path.startswith((f"{path}.", f"{path}["))), None
    )
    return replace(mistake, file=FILE if under is None else _source(under), line=0, column=0)


def _source(path: str) -> str:
    return f"--set {path}"


def _wrong(path: str, message: str, expected: str) -> Mistake:
    return Mistake(_source(path), 0, 0, "", message, expected=expected)
