"""What wrong decisions cost, row by row, as a pipeline's file says."""

from dataclasses import replace

import numpy as np

from services.contracts.expression import parse
from services.contracts.pipeline.model import Cost
from services.training.domain.cohort import Costs, Floats, Rows


def priced(rows: Rows, cost: Cost) -> Rows:
    """The rows with what each costs if it is decided wrongly."""
    return replace(rows, costs=Costs(_amounts(cost.missed, rows), _amounts(cost.false_alarm, rows)))


def _amounts(said: float | str, rows: Rows) -> Floats:
    """Nothing where the expression is missing or negative."""
    if not isinstance(said, str):
        return np.full(len(rows), float(said))
    expression = parse(said)
    columns = {name: rows.inputs[name].to_numpy() for name in expression.names}
    columns = {name: one if one.dtype == object else one.astype(np.float64) for name, one in columns.items()}
    found: Floats = np.maximum(np.nan_to_num(expression.evaluate(columns, len(rows)).astype(np.float64)), 0.0)
    return found
