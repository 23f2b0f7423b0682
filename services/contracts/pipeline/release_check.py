"""Checks the release section against the label, and against the windows by which it is judged."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.document import Loc
from services.contracts.pipeline.release import OF_DECISIONS, OF_POSITIVES
from services.contracts.pipeline.units import Duration


def check_release(context: Context) -> None:
    """Report times too short for anything to be known by then, and guards that only classes have."""
    release = context.specification.release
    if release.shadow is not None:
        _check_window(context, ("release", "shadow", "for"), release.shadow.lasts)
    if release.canary is not None:
        _check_window(context, ("release", "canary", "each"), release.canary.each)
        _check_guards(context)
        _check_steps(context, release.canary.steps[-1])
    if release.confirm is not None:
        _check_labels(context, release.confirm.within)


def _check_window(context: Context, loc: Loc, time: Duration) -> None:
    window = context.specification.monitor.window
    if time < window:
        message = f"{time} is shorter than monitor.window ({window}), by which a release is judged"
        context.report.add(loc, message, f"at least {window}", hint="or a shorter monitor.window")


def _check_steps(context: Context, last: int) -> None:
    if last != 100 and context.specification.release.confirm is None:
        message = f"after {last} % it would be champion without having answered all"
        hint = "let the last step be 100, or say 'confirm': then it is held at its share until labels decide"
        context.report.add(("release", "canary", "steps"), message, "the last step 100, or release.confirm", hint=hint)


def _check_guards(context: Context) -> None:
    task, canary = context.specification.label.target.task, context.specification.release.canary
    if task.has_classes or canary is None:
        return
    why = "no class of several is positive" if task.several else f"nothing is decided of a {task.kind}'s number"
    for index, guard in enumerate(canary.guard):
        if guard in (OF_POSITIVES if task.several else OF_DECISIONS):
            loc: Loc = ("release", "canary", "guard", index)
            context.report.add(loc, why, hint=f"leave out '{guard}'")


def _check_labels(context: Context, within: Duration) -> None:
    known = context.specification.label.known
    maturity = known.maturity or Duration.of(2 * known.expected_after)
    if within <= maturity:
        message = f"no label of the last step has matured after {within}: that takes {maturity}"
        context.report.add(("release", "confirm", "within"), message, f"more than {maturity}")
