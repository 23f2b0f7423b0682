"""Checks the label section against its schema and the event's."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.event_check import ID_TYPES
from services.contracts.pipeline.record_schema import AvroField

TARGET_TYPES = ("boolean", "int", "long", "string", "enum")


def check_label(context: Context, has_id: bool) -> None:
    """Report what doesn't fit: the field that joins it (where the event's own does), the target, when it is known."""
    label, report = context.specification.label, context.report
    event_id = context.specification.event.id
    if has_id:
        context.require_same(("label", "id"), label.id or event_id, event_id, ID_TYPES)
    context.require(("label", "known", "time"), context.label, label.known.time, ("timestamp",))
    loc = ("label", "target", "field")
    if context.require(loc, context.label, label.target.field, TARGET_TYPES):
        _check_positive(context, context.label.fields[label.target.field])
    known = label.known
    if known.maturity is not None and known.maturity < known.expected_after:
        message = f"maturity {known.maturity} is before labels are expected ({known.expected_after})"
        report.add(("label", "known", "maturity"), message, f"at least {known.expected_after}")


def _check_positive(context: Context, target: AvroField) -> None:
    positive = context.specification.label.target.positive
    loc = ("label", "target", "positive")
    expected = {"boolean": bool, "int": int, "long": int}.get(target.type, str)
    if type(positive) is not expected:
        wanted = {bool: "true or false", int: "a whole number", str: "text"}[expected]
        message = f"{str(positive).lower()} doesn't fit '{target.name}' of type {target.type}"
        context.report.add(loc, message, wanted)
    elif target.type == "enum" and positive not in target.symbols:
        context.report.unknown(loc, f"the enum has no symbol '{positive}'", target.symbols)
