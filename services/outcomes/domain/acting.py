"""Which events were acted on, so that nobody learns what would have come of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.contracts.expression import MISSING_TIME, Column, Kind, parse
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.label import DECISION


@dataclass(frozen=True, slots=True)
class Acting:
    """when: a condition over an event and what was decided; empty: nothing is done. kinds: of the event's fields."""

    when: str = ""
    kinds: tuple[tuple[str, Kind], ...] = ()

    @classmethod
    def of(cls, pipeline: Pipeline) -> "Acting":
        """What the pipeline file says."""
        acted = pipeline.label.acted
        if acted is None:
            return cls()
        kinds = pipeline.resolved.kinds
        return cls(acted.when, tuple((name, kinds[name]) for name in parse(acted.when).names if name != DECISION))

    def of_event(self, payload: Mapping[str, Any], reply: Mapping[str, Any]) -> tuple[bool, int]:
        """Whether an event was acted on, and for how many events it stands: for itself, or for all that would have been
        acted on and were, if it was left alone to explore.

        reply: the `driftmill.Prediction`. What would be done whatever was answered is done to an explored one too.
        """
        if not self.when or not self._holds(payload, bool(reply["label"])):
            return False, 1
        if not reply["explore"] or (self._holds(payload, False) and self._holds(payload, True)):
            return True, 1
        return False, round(1 / reply["propensity"])

    def _holds(self, payload: Mapping[str, Any], decision: bool) -> bool:
        columns = {name: _column(payload[name], kind) for name, kind in self.kinds}
        columns[DECISION] = np.array([decision])
        return bool(parse(self.when).evaluate(columns, 1)[0] > 0)  # a flag that is missing is NaN


NOTHING = Acting()


def _column(value: Any, kind: Kind) -> Column:
    if kind == "time":
        return np.array([MISSING_TIME if value is None else value], np.int64)
    if kind == "category":
        return np.array([value if value is None else str(value)], object)
    return np.array([value], np.float64)
