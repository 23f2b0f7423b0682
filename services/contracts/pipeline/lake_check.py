"""Checks the lake section against the label's."""

from services.contracts.pipeline.context import Context


def check_lake(context: Context) -> None:
    """Report rows that would be gone before their labels are waited for."""
    lake, known = context.specification.lake, context.specification.label.known
    if lake is None:
        return
    needed = known.expected_after if known.maturity is None else known.maturity
    if lake.keep < needed:
        message = f"rows would be gone after {lake.keep}, before their labels mature ({needed})"
        context.report.add(("lake", "keep"), message, f"at least {needed}")
