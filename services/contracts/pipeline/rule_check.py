"""Checks the rule that makes labels: what it reads, when it tells, and whether whole labels come of it."""

from services.contracts.expression import Expression, ExpressionError
from services.contracts.pipeline.context import Context
from services.contracts.pipeline.label import Rule
from services.contracts.pipeline.record_schema import AvroField, defaults_of
from services.contracts.pipeline.units import MICROSECONDS, Duration

_LOC = ("label", "rule")


def check_rule(context: Context, rule: Rule) -> None:
    """Report what doesn't fit."""
    _check_when(context, rule.when)
    _check_maturity(context, rule)
    _check_fields(context)
    label, report = context.specification.label, context.report
    if label.known.silence == "negative":
        message = "with label.rule every event is labelled before maturity, so that none is silent"
        report.add(("label", "known", "silence"), message, "to be left out")
    if label.conflict is not None:
        message = "with label.rule an event has one label, and labels of others are refused: none contradicts it"
        report.add(("label", "conflict"), message, "to be left out")


def _check_when(context: Context, text: str) -> None:
    loc = (*_LOC, "when")
    when = context.report.expression(loc, text)
    if when is None or context.unread(when.names):
        return
    for name in context.masked(when.names):
        context.report.add(loc, f"reads '{name}', which is masked (pii): no condition holds of what it stands for")
    _check_condition(context, when)


def _check_condition(context: Context, when: Expression) -> None:
    loc = (*_LOC, "when")
    try:
        kind = when.kind(context.event_kinds)
    except ExpressionError as error:
        context.report.misread(loc, error)
        return
    if kind != "flag":
        context.report.add(loc, f"gives a {kind}", "a condition over a later event that is true or false")


def _check_maturity(context: Context, rule: Rule) -> None:
    known, lateness = context.specification.label.known, context.specification.event.time.lateness
    maturity = known.maturity or Duration.of(2 * known.expected_after)
    needed = rule.takes(int(lateness))
    if maturity >= needed:
        return
    minute = MICROSECONDS["m"]
    whole = Duration.of(-(-needed // minute) * minute)
    told = f"{rule.within} (label.rule.within) and {lateness} (event.time.lateness) after its event, and a little"
    message = f"maturity {maturity} would be before the rule can tell that a label is negative: {told}"
    context.report.add(("label", "known", "maturity"), message, f"at least {whole}")


def _check_fields(context: Context) -> None:
    """Every field of a label must come from somewhere."""
    label = context.specification.label
    target = context.label.fields.get(label.target.field)
    if target is not None and target.type != "boolean":
        message = (
            f"'{target.name}' has type {target.type} in {context.label.file}:{target.line}, and a rule says yes or no"
        )
        context.report.add(("label", "target", "field"), message, "boolean")
    made = {label.id or context.specification.event.id, label.target.field, label.known.time}
    defaults = defaults_of(context.label.schema)
    for name, field in context.label.fields.items():
        if name not in made:
            _check_field(context, field, name in defaults)


def _check_field(context: Context, field: AvroField, has_default: bool) -> None:
    where = f"'{field.name}' in {context.label.file}:{field.line}"
    ours = context.event.fields.get(field.name)
    if ours is None:
        if not has_default and not context.event.knows(field.name):
            message = f"nothing gives a label {where}: the event has no such field, and it has no default"
            context.report.add(_LOC, message, "a field of the event's, or a default")
    elif field.type != ours.type or not set(ours.symbols) <= set(field.symbols):
        message = f"{where} doesn't take what the event has there ({context.event.file}:{ours.line})"
        context.report.add(_LOC, message, "one type in both")
    elif ours.nullable and not field.nullable:
        message = f"{where} takes no null, which the event may have there ({context.event.file}:{ours.line})"
        context.report.add(_LOC, message, "one type in both")
