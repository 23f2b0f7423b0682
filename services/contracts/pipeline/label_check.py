"""Checks the label section against its schema and the event's."""

from services.contracts.expression import Expression, ExpressionError
from services.contracts.pipeline.class_check import check_classes
from services.contracts.pipeline.context import Context
from services.contracts.pipeline.event_check import ID_TYPES
from services.contracts.pipeline.label import DECISION, LABEL_KEY, SOURCE, Acted, Priority
from services.contracts.pipeline.record_schema import AvroField
from services.contracts.pipeline.rule_check import check_rule


def check_label(context: Context, has_id: bool) -> None:
    """Report what doesn't fit: the field that joins it (where the event's own does), the target, when it is known."""
    label, report = context.specification.label, context.report
    event_id = context.specification.event.id
    if has_id:
        context.require_same(("label", "id"), label.id or event_id, event_id, ID_TYPES)
    if label.join is not None:
        _check_join(context)
    context.require(("label", "known", "time"), context.label, label.known.time, ("timestamp",))
    _check_target(context)
    known = label.known
    if known.maturity is not None and known.maturity < known.expected_after:
        message = f"maturity {known.maturity} is before labels are expected ({known.expected_after})"
        report.add(("label", "known", "maturity"), message, f"at least {known.expected_after}")
    if isinstance(label.conflict, Priority):
        _check_priority(context, label.conflict)
    if label.acted is not None:
        _check_acted(context, label.acted)
    if label.rule is not None:
        check_rule(context, label.rule)


def _check_target(context: Context) -> None:
    target = context.specification.label.target
    if context.require(("label", "target", "field"), context.label, target.field, target.task.target_types):
        field = context.label.fields[target.field]
        if target.task.has_classes:
            _check_positive(context, field)
        check_classes(context, field)


def _check_join(context: Context) -> None:
    loc, specification = ("label", "join"), context.specification
    name, entity = specification.chain[0]
    if specification.label.rule is not None:
        context.report.add(loc, "with label.rule no label comes from elsewhere", "to be left out")
    elif context.label.knows(entity.key):
        message = f"labels name their {name} themselves: '{entity.key}' is in {context.label.file}"
        context.report.add(loc, message, "to be left out, or labels without that field")
    elif specification.label.join == LABEL_KEY:
        context.require(loc, context.label, LABEL_KEY, ("string",))
    else:
        for name in context.masked(context.label.fields):
            context.report.add(
                loc, f"'{name}' is masked (pii), and a label waits for its event as it came", "label_key"
            )


def _check_priority(context: Context, priority: Priority) -> None:
    report, known = context.report, context.specification.label.known.time
    loc = ("label", "conflict", "last_by")
    is_time = context.require(loc, context.label, priority.last_by, ("timestamp",))
    if is_time and priority.last_by != known and known in context.label.fields:
        report.add(loc, f"'{priority.last_by}' isn't when a label becomes known", known)
    if priority.sources:
        _check_sources(context, priority.sources)


def _check_sources(context: Context, sources: tuple[str, ...]) -> None:
    loc = ("label", "conflict", "sources")
    if not context.label.knows(SOURCE):
        message = f"{context.label.file} has no field '{SOURCE}', which tells who gave a label"
        context.report.add(loc, message, "such a field, of type string or enum")
        return
    if not context.require(loc, context.label, SOURCE, ("string", "enum"), nullable=True):
        return
    if context.masked([SOURCE]):
        context.report.add(loc, f"'{SOURCE}' is masked (pii), so that no source can be told from another")
    symbols = context.label.fields[SOURCE].symbols
    for index, source in enumerate(sources):
        if source in sources[:index]:
            context.report.add((*loc, index), f"'{source}' stands twice")
        elif symbols and source not in symbols:
            context.report.unknown((*loc, index), f"the enum has no symbol '{source}'", symbols)


def _check_acted(context: Context, acted: Acted) -> None:
    loc = ("label", "acted", "when")
    when = context.report.expression(loc, acted.when)
    if when is None or context.unread(when.names):
        return
    for name in context.masked(when.names):
        context.report.add(loc, f"reads '{name}', which is masked (pii): no condition holds of what it stands for")
    if DECISION in when.names and context.event.knows(DECISION):
        message = f"'{DECISION}' is a field of the event, and what was answered to it"
        context.report.add(loc, message, "another name for the field")
    elif DECISION in when.names and not context.specification.label.target.task.has_classes:
        decided = "no condition holds of a class" if context.specification.label.target.task.several else ""
        context.report.add(loc, decided or "nothing is decided of a number", "a condition over the event")
    elif _is_condition(context, when) and acted.explore is not None and DECISION not in when.names:
        message = f"doesn't read '{DECISION}': what was done before the answer can't be left undone to explore"
        context.report.add(loc, message, f"an expression such as: {DECISION} and {acted.when}")


def _is_condition(context: Context, when: Expression) -> bool:
    loc = ("label", "acted", "when")
    try:
        kind = when.kind(context.event_kinds | {DECISION: "flag"})
    except ExpressionError as error:
        context.report.misread(loc, error)
        return False
    if kind != "flag":
        context.report.add(loc, f"gives a {kind}", "a condition that is true or false")
    return kind == "flag"


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
