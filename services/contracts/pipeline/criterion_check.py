"""Checks what models are measured, chosen and accepted by against entities, event and costs."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc


def check_criteria(context: Context) -> None:
    """Report criteria by a field that the event doesn't have, or of whose values no outcome tells, and costs that
    nobody has named."""
    specification = context.specification
    _check_split(context)
    if specification.model.cost is None:
        _refuse_costs(context)
    for index, criterion in enumerate(specification.evaluate.accept or ()):
        loc: Loc = ("evaluate", "accept", index, "by")
        if criterion.by is None or not context.has_field(loc, context.event, criterion.by):
            continue
        if criterion.by not in specification.event.groups:
            hint = f"write '{criterion.by}: {{slice: true}}' or '{{role: fairness}}' below event.fields"
            context.report.add(loc, f"'{criterion.by}' is neither a slice nor for fairness", hint=hint)


def _check_split(context: Context) -> None:
    """Rows carry the key of the primary entity only."""
    entities, by = context.specification.entities, context.specification.evaluate.split.by
    primary = context.specification.chain[0][0]
    loc: Loc = ("evaluate", "split", "by")
    if by is not None and by not in entities:
        context.report.unknown(loc, f"there is no entity '{by}'", entities)
    elif by is not None and by != primary:
        context.report.add(loc, f"rows can't be parted by '{by}'", f"the primary entity, '{primary}'")


def _refuse_costs(context: Context) -> None:
    specification = context.specification
    asked: dict[Loc, str | None] = {("model", "optimise"): specification.model.optimise}
    for index, criterion in enumerate(specification.evaluate.accept or ()):
        asked["evaluate", "accept", index, "metric"] = criterion.metric
    for loc, metric in asked.items():
        if metric == "cost":
            hint = "write 'decide: {cost: {missed: 10, false_alarm: 1}}' below model"
            context.report.add(loc, "nothing says what wrong decisions cost", hint=hint)
