"""A pipeline's directory: read it, check it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.contracts.pipeline.change import changed
from services.contracts.pipeline.document import MAX_SIZE, Document
from services.contracts.pipeline.estimator_check import FILE as ESTIMATORS
from services.contracts.pipeline.function_check import FILE as FUNCTIONS
from services.contracts.pipeline.mistake import Mistake, PipelineInvalid
from services.contracts.pipeline.pipeline import Pipeline
from services.contracts.pipeline.reading import FILE, schema_file
from services.contracts.pipeline.specification import Specification


def load(path: Path, assignments: Sequence[str] = ()) -> Pipeline:
    """The pipeline in a directory; raises PipelineInvalid with every mistake.

    path: the directory, or a file in it that is read in the place of pipeline.yaml. assignments: see `changed`.
    """
    directory, file = (path.parent, path.name) if path.is_file() else (path, FILE)
    if not directory.is_dir():
        raise PipelineInvalid([Mistake(str(directory), 0, 0, "", "there is no such directory")])
    texts = {FILE: text} if (text := _text(directory, file)) is not None else {}
    document = Document.read(FILE, texts.get(FILE, ""))
    for part in ("event", "label"):
        schema = schema_file(document, part)
        # a name with a path is refused later; it isn't read
        if schema is not None and Path(schema).name == schema and (text := _text(directory, schema)) is not None:
            texts[schema] = text
    for code in (FUNCTIONS, ESTIMATORS):
        if (text := _text(directory, code)) is not None:
            texts[code] = text
    return changed(texts, assignments)


def check(directory: Path) -> list[Mistake]:
    """Every mistake in the pipeline's files; an empty list where there is none."""
    try:
        load(directory)
    except PipelineInvalid as invalid:
        return invalid.mistakes
    return []


def json_schema() -> dict[str, Any]:
    """The JSON Schema of pipeline.yaml, for editors."""
    schema = Specification.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Driftmill pipeline"}


def _text(directory: Path, file: str) -> str | None:
    path = directory / file
    if not path.is_file():
        return None
    if path.stat().st_size > 4 * MAX_SIZE:
        raise PipelineInvalid([Mistake(file, 0, 0, "", f"is longer than {MAX_SIZE} characters")])
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PipelineInvalid([Mistake(file, 0, 0, "", f"isn't UTF-8 text: {error.reason}")]) from None
