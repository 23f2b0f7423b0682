"""What the pipeline's baseline would have answered to every outcome's features."""

import numpy as np
from numpy.typing import NDArray

from services.cli.demo.ledger import Outcomes
from services.contracts.expression import Column, parse
from services.contracts.pipeline import Pipeline


def described(pipeline: Pipeline) -> str:
    """The baseline in words."""
    declared = pipeline.model.baseline
    return {
        "last": f"the last known {declared.last}",
        "rule": f"the rule {declared.rule}",
        "prior": f"the prior {pipeline.label.target.prior:g}",
    }[declared.kind]


def baseline_scores(pipeline: Pipeline, outcomes: Outcomes) -> NDArray[np.float64]:
    """Scores [n] by the baseline; the prior where it has nothing to go by."""
    declared, prior = pipeline.model.baseline, float(pipeline.label.target.prior)
    view = pipeline.resolved
    columns: dict[str, Column] = {name: outcomes.numbers[:, at] for at, name in enumerate(view.numbers)}
    for at, name in enumerate(view.categories):
        columns[name] = np.array([row[at] for row in outcomes.categories], object)
    columns[pipeline.event.time.field] = outcomes.times
    raw = np.full(len(outcomes), np.nan)
    if declared.last is not None:
        raw = np.asarray(columns[declared.last], np.float64)
    elif declared.rule is not None:
        raw = np.broadcast_to(np.asarray(parse(declared.rule).evaluate(columns), np.float64), len(outcomes))
    return np.where(np.isnan(raw), prior, pipeline.label.target.task.bounded(raw))
