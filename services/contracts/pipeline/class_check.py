"""Checks the list of several classes against the field that holds the label."""

from collections.abc import Sequence

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.record_schema import AvroField

FEWEST = 3
_LOC: Loc = ("label", "target", "classes")


def check_classes(context: Context, field: AvroField) -> None:
    """Report a list that is missing, or where none may be, or has what the field can't be."""
    target, report = context.specification.label.target, context.report
    if not target.task.several:
        if target.classes is not None:
            hint = "write 'kind: multiclass', or leave it out"
            report.add(_LOC, f"{target.kind} has no list of classes", hint=hint, key=True)
    elif target.classes is None:
        hint = "write 'classes: [a, b, c]' below label.target; an answer's scores come in this order"
        report.add(("label", "target"), "multiclass needs classes", "a list of the label's values", hint)
    else:
        _check_list(context, field, target.classes)


def _check_list(context: Context, field: AvroField, classes: Sequence[int | str]) -> None:
    report = context.report
    if len(classes) < FEWEST:
        hint = "two are 'kind: binary', with 'positive'"
        report.add(_LOC, f"there are {len(classes)} classes", f"at least {FEWEST}", hint)
    if context.masked([field.name]):
        report.add(_LOC, f"'{field.name}' is masked (pii), so that no class can be told from another")
    expected, wanted = (int, "a whole number") if field.type in ("int", "long") else (str, "text")
    for index, one in enumerate(classes):
        loc = (*_LOC, index)
        if one in classes[:index]:
            report.add(loc, f"'{one}' stands twice")
        elif type(one) is not expected:
            report.add(loc, f"{one} doesn't fit '{field.name}' of type {field.type}", wanted)
        elif field.symbols and one not in field.symbols:
            report.unknown(loc, f"the enum has no symbol '{one}'", field.symbols)
        elif one == "":
            report.add(loc, "is an empty text", "a class with a name")
