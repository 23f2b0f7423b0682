"""Resolves `model.inputs` and `model.served` into column names, and checks the baseline that reads inputs."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from services.contracts.expression import ExpressionError, Kind, nearest
from services.contracts.pipeline.context import Context
from services.contracts.pipeline.definition import row_features
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.feature_check import column_kinds

_NO_INPUTS: Mapping[Kind, str] = {"time": "a time", "reference": "a reference"}
_INSTEAD: Mapping[str, str] = {
    "a time": "use hour({}) in a row feature",
    "a reference": "call a function of features.py with {} in a row feature",
}


class Columns(NamedTuple):
    """Names of columns that travel to the model, in order: those it learns from, and others."""

    inputs: tuple[str, ...] = ()
    served: tuple[str, ...] = ()


def check_model(context: Context) -> Columns:
    """The columns, globs written out; reports names that resolve to nothing or that a model may not see."""
    model = context.specification.model
    inputs, served = _resolve(context, "inputs", model.inputs), _resolve(context, "served", model.served)
    _check_baseline(context, inputs)
    _check_costs(context, (*inputs, *served))
    return Columns(inputs, tuple(name for name in served if name not in inputs))


def _resolve(context: Context, section: str, patterns: Iterable[str]) -> tuple[str, ...]:
    """Each pattern stands for the columns it matches, in the order of their definition."""
    kinds = column_kinds(context)
    rows = [name for row in row_features(context.specification) for name in row.columns]
    forbidden = context.forbidden() | {name: _NO_INPUTS[kind] for name, kind in kinds.items() if kind in _NO_INPUTS}
    allowed = [name for name in (*kinds, *rows) if name not in forbidden]
    # a model may look at a key, but only where the file says so by name
    by_glob = [name for name in allowed if name not in context.keys]
    found: dict[str, None] = {}
    for index, pattern in enumerate(patterns):
        loc = ("model", section, index)
        if "*" in pattern:
            matches = [name for name in by_glob if fnmatchcase(name, pattern)]
            if not matches and not context.report.partial:
                context.report.add(loc, f"'{pattern}' matches no field and no feature", hint=_meant(pattern, allowed))
            found |= dict.fromkeys(matches)
        elif pattern in forbidden:
            hint = _INSTEAD.get(forbidden[pattern], "").format(pattern)
            context.report.add(loc, f"'{pattern}' is {forbidden[pattern]}, which is never an input", hint=hint)
        elif pattern in allowed:
            found[pattern] = None
        elif not context.unread((pattern,)) and not (context.report.partial and "." in pattern):
            context.report.add(loc, f"there is no field or feature '{pattern}'", hint=_meant(pattern, allowed))
    return tuple(found)


def _known(context: Context) -> dict[str, Kind]:
    rows: dict[str, Kind] = {name: "number" for row in row_features(context.specification) for name in row.columns}
    return column_kinds(context) | rows


def _meant(pattern: str, allowed: Iterable[str]) -> str:
    below = [name for name in allowed if name.startswith(f"{pattern}.")]
    if below:
        return f"did you mean '{pattern}.*' ({len(below)} columns)?"
    return nearest(pattern.removesuffix(".*"), [*allowed, *_prefixes(allowed)]).removeprefix("; ")


def _prefixes(names: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(
        prefix for name in names if "." in name for prefix in (name.split(".")[0], name.rsplit(".", 1)[0])
    )


def _check_baseline(context: Context, inputs: tuple[str, ...]) -> None:
    baseline, has_classes = context.specification.model.baseline, context.specification.label.target.task.has_classes
    kinds = _known(context)
    if baseline.last is not None:
        loc: Loc = ("model", "baseline", "last")
        if kinds.get(baseline.last, "number") not in ("number", "flag"):
            expected = "a number between 0 and 1" if has_classes else "a number"
            context.report.add(loc, f"'{baseline.last}' is a {kinds[baseline.last]}", expected)
        else:
            _check_read(context, loc, (baseline.last,), inputs)
    elif baseline.rule is not None:
        expected = "a condition, or a score between 0 and 1" if has_classes else "a number"
        _check_expression(context, ("model", "baseline", "rule"), baseline.rule, inputs, ("number", "flag"), expected)


def _check_costs(context: Context, columns: tuple[str, ...]) -> None:
    for name, said in context.specification.model.cost or ():
        if isinstance(said, str):
            expected = "a number, or an expression that gives one"
            _check_expression(context, ("model", "decide", "cost", name), said, columns, ("number",), expected)


def _check_expression(
    context: Context, loc: Loc, text: str, columns: tuple[str, ...], kinds: tuple[str, ...], expected: str
) -> None:
    known = _known(context)
    expression = context.report.expression(loc, text)
    if expression is None or context.unread(expression.names):
        return
    if not _check_read(context, loc, expression.names, columns):
        return
    try:
        kind = expression.kind(known)
    except ExpressionError as error:
        context.report.misread(loc, error)
    else:
        if kind not in kinds:
            context.report.add(loc, f"gives a {kind}", expected)


def _check_read(context: Context, loc: Loc, names: Iterable[str], inputs: tuple[str, ...]) -> bool:
    """A baseline sees what a model sees, since that is what travels to it."""
    absent = [name for name in names if name not in inputs]
    # names of a partly wrong features section may be right
    if absent and not (context.report.partial and "." in absent[0]):
        hint = nearest(absent[0], inputs).removeprefix("; ")
        context.report.add(loc, f"'{absent[0]}' isn't one of model.inputs", "what the model reads", hint)
    return not absent
