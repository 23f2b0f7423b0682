"""Checks what models are accepted by against the event."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc


def check_criteria(context: Context) -> None:
    """Report criteria by a field that the event doesn't have, or of whose values no outcome tells."""
    specification = context.specification
    for index, criterion in enumerate(specification.evaluate.accept or ()):
        loc: Loc = ("evaluate", "accept", index, "by")
        if criterion.by is None or not context.has_field(loc, context.event, criterion.by):
            continue
        if criterion.by not in specification.event.groups:
            hint = f"write '{criterion.by}: {{slice: true}}' or '{{role: fairness}}' below event.fields"
            context.report.add(loc, f"'{criterion.by}' is neither a slice nor for fairness", hint=hint)
