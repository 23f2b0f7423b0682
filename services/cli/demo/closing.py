"""Prints the end of a demo for people."""

from rich.console import Console
from rich.table import Table

from services.cli.demo.summary import Summary
from services.contracts.pipeline.metric import LOWER_IS_BETTER, OF_CLASSES

_SHORT = {"average_precision": "average precision", "roc_auc": "AUC", "accuracy": "accuracy"}
_CLEARLY = 0.02
"""A period in which the loop is better by so much is green: of a share, or as a share of an error."""


def print_summary(summary: Summary, console: Console) -> None:
    """Quality by period, counts, verdict."""
    name, has_classes = _SHORT.get(summary.measure, summary.measure.upper()), summary.measure in OF_CLASSES
    if summary.periods:
        table = Table(title=f"{name} of the closed loop and of the first model kept", box=None, header_style="bold")
        positive = ["positive"] if has_classes else []
        kept = f"{summary.first_model} kept"
        for column in ("from", "outcomes", *positive, "baseline", kept, "loop", "answers by"):
            table.add_column(column, justify="left" if column in ("from", "answers by") else "right")
        for row in summary.periods:
            better = "green" if _is_clearly_better(row["loop"], row["first_model_kept"], summary.measure) else ""
            numbers = (f"{row[key]:.3f}" for key in ("baseline", "first_model_kept", "loop"))
            table.add_row(
                row["from"][:10],
                f"{row['rows']:,}",
                *([f"{row['positives']:,}"] if has_classes else []),
                *numbers,
                ", ".join(row["models"]),
                style=better,
            )
        console.print(table)
    if summary.late_deciles:
        parts = ", ".join(f"{key.replace('_', ' ')} {value:.3f}" for key, value in summary.late_deciles.items())
        console.print(f"Over deciles 3 to 10: {parts}")
    if (difference := summary.difference) is not None:
        console.print(
            f"Since {summary.first_model} was released: loop less first model kept = {difference.value:+.3f} "
            f"(95 % interval {difference.low:+.3f} to {difference.high:+.3f}, by {difference.days} days)",
            highlight=False,
            soft_wrap=True,
        )
    console.print(_counts(summary), highlight=False, soft_wrap=True)
    if summary.closed:
        console.print("The loop closed.", style="bold green")
    else:
        console.print("The loop did not close: " + "; ".join(summary.problems) + ".", style="bold red", soft_wrap=True)


def _is_clearly_better(loop: float, kept: float, measure: str) -> bool:
    return loop < kept * (1 - _CLEARLY) if measure in LOWER_IS_BETTER else loop > kept + _CLEARLY


def print_pointers(kept: bool, console: Console) -> None:
    """Where to look next."""
    console.print(
        "Next: README.md (publish and consume in five lines), `driftmill new <name>` for a pipeline of your own, "
        "`driftmill check pipelines/payments --explain` for everything a pipeline says."
        + ("" if kept else " With --keep everything stays up, for `driftmill models`, `runs`, `alerts`, `tail`."),
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _counts(summary: Summary) -> str:
    quarantined = sum(summary.quarantined.values())
    why = f" ({', '.join(f'{rule} {count:,}' for rule, count in summary.quarantined.items())})" if quarantined else ""
    return (
        f"{summary.events:,} events accepted, {summary.answered:,} answered, {quarantined:,} quarantined{why}; "
        f"alerts: {summary.alerts}, runs: {sum(summary.runs.values())}, released: {len(summary.released)}, "
        f"refused: {len(summary.refused)}; {summary.seconds:.0f} s, the first answer after "
        f"{summary.first_answer_seconds or 0.0:.0f} s"
    )
