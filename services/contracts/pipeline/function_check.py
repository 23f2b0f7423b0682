"""Checks features.py by reading it, without running it: that it is Python, and fits the row features that call it."""

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.features import RowCall
from services.contracts.pipeline.python_file import ANY, LIBRARIES, Functions, functions_in, takes

FILE = "features.py"


def check_functions(context: Context, source: str | None) -> None:
    """Report what is wrong with the file and with the calls of its functions."""
    calls = {name: row for name, row in context.specification.features.row.items() if isinstance(row, RowCall)}
    if not calls:
        return
    if source is None:
        first = ("features", "row", next(iter(calls)), "function")
        context.report.add(first, f"there is no file '{FILE}' beside it")
        return
    functions = functions_in(
        context, FILE, source, LIBRARIES, "numpy, Pillow and the standard library, which every service has"
    )
    if functions is not None:
        for name, call in calls.items():
            _check_call(context, name, call, functions)


def _check_call(context: Context, name: str, call: RowCall, functions: Functions) -> None:
    loc = ("features", "row", name)
    function = functions.get(call.function)
    if function is None:
        context.report.unknown((*loc, "function"), f"{FILE} has no function '{call.function}'", functions)
        return
    fewest, most = takes(function)
    if not fewest <= len(call.of) <= most:
        expected = str(fewest) if fewest == most else f"at least {fewest}" if most == ANY else f"{fewest} to {most}"
        message = f"gives {len(call.of)} columns to '{call.function}' of {FILE}:{function.lineno}"
        context.report.add((*loc, "of"), message, expected)
