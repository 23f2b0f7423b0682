"""Which inputs a model rests on: how much worse it answers when an input comes from another row (Breiman 2001)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from services.training.domain.cohort import Rows
from services.training.domain.ensemble import Learnt
from services.training.domain.interval import Answers, Bootstrap, Estimate, advantage
from services.training.domain.measurement import Wanted
from services.training.domain.sample import evenly

_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Importance:
    """loss: of the metric when the input is shuffled among the rows; positive: the model is better for it."""

    input: str
    loss: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        return {"input": self.input} | self.loss.to_dict()


def importance(model: Learnt, threshold: float, rows: Rows, wanted: Wanted, seed: int) -> tuple[Importance, ...]:
    """Of every input, the greatest first, with paired intervals by blocks; on rows the model hasn't seen.

    Inputs that tell the same share their importance: each alone may show little.
    """
    some = rows.take(evenly(len(rows), _MOST_ROWS))
    inputs, order = some.inputs.reset_index(drop=True), np.random.default_rng(seed).permutation(len(some))
    bootstrap = Bootstrap.over(some.blocks(wanted.blocks), wanted.confidence, seed)
    whole = Answers(model.scores(inputs), threshold)
    found = []
    for name in (*model.numbers, *model.categories):
        shuffled = inputs.assign(**{name: inputs[name].to_numpy()[order]})
        without = Answers(model.scores(shuffled), threshold)
        found.append(Importance(name, advantage(wanted.metric, some.label, whole, without, bootstrap, some.costs)))
    return tuple(sorted(found, key=lambda one: -np.nan_to_num(one.loss.value)))
