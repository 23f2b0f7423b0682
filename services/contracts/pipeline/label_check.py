"""Checks the label section against its schema and the event's."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.event_check import ID_TYPES, KEY_TYPES
from services.contracts.pipeline.record_schema import AvroField

TARGET_TYPES = ("boolean", "int", "long", "string", "enum")


def check_label(context: Context, has_id: bool, has_key: bool) -> None:
    """Report what doesn't fit: the fields that join it (where the event's own do), the target, when it is known."""
    label, report = context.specification.label, context.report
    event_id = context.specification.event.id
    if has_id:
        _same(context, ("label", "id"), label.id or event_id, event_id, ID_TYPES)
    key = context.entity[1].key
    if has_key:
        _same(context, ("label", "schema"), key, key, KEY_TYPES)
    context.require(("label", "known", "time"), context.label, label.known.time, ("timestamp",))
    loc = ("label", "target", "field")
    if context.require(loc, context.label, label.target.field, TARGET_TYPES):
        _check_positive(context, context.label.fields[label.target.field])
    known = label.known
    if known.maturity is not None and known.maturity < known.expected_after:
        message = f"maturity {known.maturity} is before labels are expected ({known.expected_after})"
        report.add(("label", "known", "maturity"), message, f"at least {known.expected_after}")


def _same(context: Context, loc: tuple[str, ...], name: str, event_name: str, types: tuple[str, ...]) -> None:
    """The label must have field `name` of the type of the event's field `event_name`."""
    if not context.label.knows(name):
        context.report.add(loc, f"{context.label.file} has no field '{name}'", "labels that carry it, to join them")
        return
    if not context.require(loc, context.label, name, types) or event_name not in context.event.fields:
        return
    ours, theirs = context.label.fields[name].type, context.event.fields[event_name].type
    if ours != theirs:
        message = f"'{name}' has type {ours} in {context.label.file} and {theirs} in {context.event.file}"
        context.report.add(loc, message, "one type in both")


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
