"""Checks the monitor section against the event and the label."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc


def check_monitor(context: Context) -> None:
    """Report fairness by a field that the event doesn't have, or of whose values no outcome tells, or where no class is
    positive; and runs that are asked for by yardsticks where none is measured."""
    specification = context.specification
    task = specification.label.target.task
    for index, limit in enumerate(specification.monitor.fairness):
        loc: Loc = ("monitor", "fairness", index, "by")
        if not (task.has_classes and task.labelled):
            why = f"{limit.metric} needs labels of a class that is positive, and {task.kind} has none"
            context.report.add(("monitor", "fairness", index, "metric"), why, hint="leave it out")
        elif context.has_field(loc, context.event, limit.by) and limit.by not in specification.event.groups:
            hint = f"write '{limit.by}: {{role: fairness}}' below event.fields"
            context.report.add(loc, f"'{limit.by}' is neither for fairness nor a slice", hint=hint)
    if task.labelled and not specification.monitor.yardsticks:
        for index, trigger in enumerate(specification.retrain.when):
            if "yardstick" in (trigger.alert or ()):
                hint = "write 'yardsticks: true' below monitor"
                context.report.add(("retrain", "when", index, "alert"), "no yardstick is measured", hint=hint)
