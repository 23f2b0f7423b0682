"""Checks learners.py by reading it, without running it: that it has the functions whose estimators are to be tried."""

from typing import get_args

from services.contracts.pipeline.context import Context
from services.contracts.pipeline.model import Family
from services.contracts.pipeline.python_file import LIBRARIES, functions_in, takes

FILE = "learners.py"

ARGUMENTS = ("numbers", "categories", "seed")
"""What a function is given: names of columns, names of columns, a number."""

_LIBRARIES = LIBRARIES | {"numpy", "pandas", "scipy", "sklearn"}


def check_estimators(context: Context, source: str | None) -> None:
    """Report what is wrong with the file and with the learners that it makes."""
    estimators = context.specification.model.estimators
    asked = {("model", "learners", place, "estimator"): name for place, name in estimators.items()}
    if not asked:
        return
    if source is None:
        context.report.add(next(iter(asked)), f"there is no file '{FILE}' beside it")
        return
    functions = functions_in(
        context, FILE, source, _LIBRARIES, "scikit-learn, scipy, pandas, numpy, the standard library"
    )
    if functions is None:
        return
    for loc, name in asked.items():
        function = functions.get(name)
        if name in get_args(Family):
            context.report.add(loc, f"'{name}' is a learner of Driftmill's own", "another name")
        elif function is None:
            context.report.unknown(loc, f"{FILE} has no function '{name}'", functions)
        else:
            fewest, most = takes(function)
            if not fewest <= len(ARGUMENTS) <= most:
                context.report.add(
                    loc, f"'{name}' of {FILE}:{function.lineno} takes other arguments", ", ".join(ARGUMENTS)
                )
