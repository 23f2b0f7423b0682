"""Reads a pipeline's texts: YAML, sections, Avro schemas, and what must fit between them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from services.contracts.pipeline.anomaly_check import check_anomaly
from services.contracts.pipeline.completion import complete
from services.contracts.pipeline.context import Context
from services.contracts.pipeline.criterion_check import check_criteria
from services.contracts.pipeline.document import Document
from services.contracts.pipeline.entity_check import check_entities
from services.contracts.pipeline.estimator_check import FILE as ESTIMATORS
from services.contracts.pipeline.estimator_check import check_estimators
from services.contracts.pipeline.event_check import check_event
from services.contracts.pipeline.feature_check import check_features
from services.contracts.pipeline.features import RowCall
from services.contracts.pipeline.function_check import FILE as FUNCTIONS
from services.contracts.pipeline.function_check import check_functions
from services.contracts.pipeline.input_check import Columns, check_model
from services.contracts.pipeline.label_check import check_label
from services.contracts.pipeline.lake_check import check_lake
from services.contracts.pipeline.mistake import Mistake, PipelineInvalid
from services.contracts.pipeline.monitor_check import check_monitor
from services.contracts.pipeline.record_schema import RecordSchema, read_schema
from services.contracts.pipeline.release_check import check_release
from services.contracts.pipeline.shape import read_shape
from services.contracts.pipeline.specification import Specification
from services.contracts.pipeline.task_check import check_task
from services.contracts.pipeline.unlabelled import SCHEMA as UNLABELLED

FILE = "pipeline.yaml"


class Reading(NamedTuple):
    """A valid pipeline: its completed specification, its two schemas, and the files it is made of.

    functions: the content of features.py, where a row feature calls one of them. estimators: the content of
    learners.py, where a learner is one of them.
    """

    specification: Specification
    event: RecordSchema
    label: RecordSchema
    files: tuple[str, ...]
    functions: str | None = None
    estimators: str | None = None


def read(texts: Mapping[str, str]) -> Reading:
    """Read file name → content; raises PipelineInvalid with every mistake."""
    if FILE not in texts:
        raise PipelineInvalid([Mistake(FILE, 0, 0, "", "there is no such file")])
    document = Document.read(FILE, texts[FILE])
    if document.mistakes and not document.root.data:
        raise PipelineInvalid(document.mistakes)
    mistakes = list(document.mistakes)
    is_labelled, has_task = (document.find(loc) is not None for loc in (("label",), ("model", "task")))
    event = _schema(document, "event", texts, mistakes)
    label = _schema(document, "label", texts, mistakes) if is_labelled else UNLABELLED
    specification, report = read_shape(document)
    if specification and is_labelled and specification.declared_label is None:
        specification = None  # what was said of labels is wrong, and was left out to look at the rest
    columns = Columns()
    if specification and event and label:
        context = Context(specification, event, label, report)
        check_entities(context)
        has_id = check_event(context)
        if is_labelled:
            check_label(context, has_id)
        check_anomaly(context)
        check_lake(context)
        check_features(context)
        check_functions(context, texts.get(FUNCTIONS))
        check_estimators(context, texts.get(ESTIMATORS))
        columns = check_model(context)
        check_criteria(context)
        check_task(context)
        check_release(context)
        check_monitor(context)
    elif not is_labelled and not has_task:
        report.add(("label",), "is required", key=True)
    mistakes += report.mistakes
    if mistakes or specification is None or event is None or label is None:
        raise PipelineInvalid(sorted(set(mistakes), key=lambda mistake: (mistake.file != FILE, mistake)))
    functions = (
        texts[FUNCTIONS] if any(isinstance(row, RowCall) for row in specification.features.row.values()) else None
    )
    estimators = texts[ESTIMATORS] if specification.model.estimators else None
    code = [file for file, text in ((FUNCTIONS, functions), (ESTIMATORS, estimators)) if text is not None]
    files = (FILE, event.file, *((label.file,) if is_labelled else ()), *code)
    return Reading(complete(specification, event, columns), event, label, files, functions, estimators)


def schema_file(document: Document, part: str) -> str | None:
    """The file that `event.schema` or `label.schema` names, if it names one."""
    place = document.find((part, "schema"))
    return place.data if place is not None and isinstance(place.data, str) else None


def _schema(document: Document, part: str, texts: Mapping[str, str], mistakes: list[Mistake]) -> RecordSchema | None:
    file = schema_file(document, part)
    if file is None or Path(file).name != file:
        return None  # the shape of the section is wrong, and says so
    if file not in texts:
        line, column = document.position((part, "schema"))
        mistakes.append(Mistake(FILE, line, column, f"{part}.schema", f"there is no file '{file}' beside it"))
        return None
    schema, found = read_schema(file, texts[file])
    mistakes.extend(found)
    return schema
