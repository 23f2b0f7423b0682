"""A document to typed sections: every wrong name, type and value becomes a mistake, and the rest is still read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.contracts.expression import nearest
from services.contracts.pipeline import later
from services.contracts.pipeline.document import Document, Loc, Place
from services.contracts.pipeline.features import Feature, Features
from services.contracts.pipeline.report import Report
from services.contracts.pipeline.section import Section
from services.contracts.pipeline.specification import Specification

_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "model_type": "a mapping of names to values",
    "dict_type": "a mapping of names to values",
    "tuple_type": "a list",
    "string_pattern_mismatch": "text that matches {pattern}",
    "string_too_long": "at most {max_length} characters",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length}",
}
_HARMLESS: Mapping[str, Place] = {
    "driftmill": Place(1, 1, 1),
    "name": Place("unnamed", 1, 1),
    "model": Place({"inputs": Place([Place("*", 1, 1)], 1, 1)}, 1, 1),
}
MAX_PASSES = 20


def read_shape(document: Document) -> tuple[Specification | None, Report]:
    """The specification in `document`, and a report of every mistake of names, types and values.

    What is wrong is taken out of the document and left to its default, so that what remains can be checked further; the
    specification is None where something required is wrong.
    """
    report = Report(document)
    removed = _refuse_later(document, report)
    for _ in range(MAX_PASSES):
        try:
            return Specification.model_validate(document.root.plain()), report
        except ValidationError as error:
            if not _take_out(document, report, error.errors(include_url=False), removed):
                break
    return None, report


def _refuse_later(document: Document, report: Report) -> set[Loc]:
    """Report and take out what belongs to later versions; the locations taken out."""
    removed: set[Loc] = set()
    for loc in list(_locations(document.root.plain(), ())):
        place = document.find(loc)
        if place is None:
            continue
        if later.is_later_key(loc):
            report.add(loc, f"'{loc[-1]}' is {later.MESSAGE}", key=True)
        elif later.is_later_value(loc, place.data):
            report.add(loc, f"'{place.data}' is {later.MESSAGE}")
        else:
            continue
        _remove(document, report, loc)
        removed.add(loc)
    return removed


def _locations(data: Any, loc: Loc) -> Iterator[Loc]:
    if loc:
        yield loc
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _locations(value, (*loc, key))
    elif isinstance(data, list):
        # from the end, so that taking one out leaves the others' indices
        for index in reversed(range(len(data))):
            yield from _locations(data[index], (*loc, index))


def _remove(document: Document, report: Report, loc: Loc) -> None:
    report.partial = report.partial or loc[0] in ("features", "entities")
    document.remove(loc)


def _take_out(document: Document, report: Report, errors: Sequence[ErrorDetails], removed: set[Loc]) -> bool:
    """Report `errors` and take what they are about out (into `removed`); False where nothing can be taken out."""
    groups: dict[Loc, list[ErrorDetails]] = {}
    for error in errors:
        groups.setdefault(_written(document, error["loc"]), []).append(error)
    wrong = set()
    for loc, group in groups.items():
        missing = [error for error in group if error["type"] == "missing"]
        # a list or section is wrong for nothing else while its parts are, or while one is missing
        rest = [] if missing or _holds(loc, groups) else group
        if missing or rest:
            wrong.add(loc)
        if not _holds(loc, removed):
            _describe_all(document, report, loc, missing, rest)
    # from the end, so that taking one out leaves the others' indices
    for loc in sorted(wrong - {()}, key=_order, reverse=True):
        _remove(document, report, loc)
    removed |= wrong
    return _stand_in(document, errors) if () in wrong else True


def _stand_in(document: Document, errors: Sequence[ErrorDetails]) -> bool:
    """Put something harmless where something required is missing; False where nothing is harmless."""
    missing = {str(error["loc"][-1]) for error in errors if len(error["loc"]) == 1 and error["type"] == "missing"}
    if not missing <= _HARMLESS.keys() or not isinstance(document.root.data, dict):
        return False
    for key in missing:
        document.root.data[key] = deepcopy(_HARMLESS[key])
    return True


def _holds(loc: Loc, others: Iterable[Loc]) -> bool:
    return any(other != loc and other[: len(loc)] == loc for other in others)


def _order(loc: Loc) -> list[tuple[bool, int, str]]:
    return [(isinstance(part, str), part if isinstance(part, int) else 0, str(part)) for part in loc]


def _written(document: Document, loc: Sequence[str | int]) -> Loc:
    """The part of a validation error's location that the file has."""
    return tuple(part for part, _ in document.walk(loc))


def _describe_all(
    document: Document, report: Report, loc: Loc, missing: Sequence[ErrorDetails], rest: Sequence[ErrorDetails]
) -> None:
    for error in missing:
        report.add((*loc, error["loc"][-1]), "is required", key=True)
    if rest:
        _describe(document, report, loc, rest)


def _describe(document: Document, report: Report, loc: Loc, group: Sequence[ErrorDetails]) -> None:
    error = group[0]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _names(_annotation(loc[:-1]))
        hint = nearest(str(loc[-1]), known).removeprefix("; ") or f"known here: {', '.join(known)}"
        report.add(loc, f"unknown name '{loc[-1]}'", hint=hint, key=True)
    elif kind == "value_error":
        report.add(loc, str(context["error"]))
    else:
        expected = " or ".join(dict.fromkeys(_expected(one) for one in group))
        found = loc[-1] if error["loc"][-1] == "[key]" else error["input"]
        hint = _meant(found, context.get("expected", ""))
        report.add(loc, _found(found), expected, hint, key=error["loc"][-1] == "[key]")


def _expected(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    template = _EXPECTED.get(error["type"])
    return template.format(**context) if template else error["msg"].removeprefix("Input should be ")


def _meant(found: object, expected: str) -> str:
    choices = [part.strip("'") for part in expected.replace(" or ", ", ").split(", ")]
    return nearest(found, choices).removeprefix("; ") if isinstance(found, str) and expected else ""


def _found(value: object) -> str:
    if value is None:
        return "has no value"
    if isinstance(value, Mapping):
        return "is a mapping" if value else "is empty"
    if isinstance(value, list | tuple):
        return "is a list" if value else "is an empty list"
    if isinstance(value, bool):
        return f"is {str(value).lower()}"
    return f"is '{value}'" if isinstance(value, str) else f"is the number {value}"


def _annotation(loc: Loc) -> Any:
    """The type that `loc` of a pipeline file has, None where it has none."""
    found: Any = Specification
    for part in loc:
        found = _inner(found, part)
    return found


def _inner(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
        return dict[str, Feature] if annotation is Features else None
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1]
    if isinstance(part, int) and get_origin(annotation) is tuple:
        return arguments[0]
    found = (_inner(argument, part) for argument in arguments if argument not in (annotation, type(None)))
    return next((inner for inner in found if inner is not None), None)


def _names(annotation: Any) -> list[str]:
    """The keys a section knows."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [field.alias or name for name, field in annotation.model_fields.items()]
    return next((names for argument in get_args(annotation) if (names := _names(argument))), [])
