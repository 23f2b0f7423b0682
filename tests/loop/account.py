"""What came of the story: when each change was seen and answered, and how good the answers were beside the best model.

Times are days of the story.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from services.contracts.record import Record
from tests.loop.turning import DAY, END, OFFERED, SLOW, START, SUDDEN

Floats = NDArray[np.float64]
COLUMNS = ["heat", "speed", "noise"]


@dataclass(frozen=True, slots=True)
class Happening:
    """day: by the pipeline's clock. what: `alert`, `run` or a state. version: of the model it is about."""

    day: float
    what: str
    version: str
    detail: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days [first, last) in which nothing changed, and squared errors of what answered in them and of the best model.

    best: fitted in hindsight, on every other day of the stretch, measured on the days between.
    """

    first: int
    last: int
    live: float
    best: float

    @property
    def ratio(self) -> float:
        """How much worse the answers were than they could have been: 1 is as good."""
        return self.live / self.best


def happenings(topics: Mapping[str, Sequence[Record]]) -> list[Happening]:
    """Alerts, the starts of runs and the moves of models, in the order of time."""
    found = [
        *(_at(one, "alert", one.value["version"], one.value["kind"]) for one in _of(topics["alerts"], "AlertRaised")),
        *(_at(one, "run", one.value["version"], one.value["trigger"]) for one in _of(topics["runs"], "RunStarted")),
        *(_move(one) for one in _of(topics["models.history"], "ModelMoved")),
    ]
    return sorted(found, key=lambda one: one.day)


def quiet(told: Sequence[Happening]) -> list[tuple[int, int]]:
    """First and last day of the times in which nothing has changed and the model that answers is made for them: after
    each release, and after the liar is gone."""
    first, sudden, slow = (int(one.day) + 1 for one in told if one.what == "champion")
    back = int(next(one.day for one in reversed(told) if one.what == "rejected")) + 1
    return [(first, SUDDEN), (sudden, SLOW), (slow, OFFERED), (back, END)]


def stretch(outcomes: Iterable[Record], parts: pd.DataFrame, first: int, last: int) -> Stretch:
    """How the answers of a stretch were. parts: of the whole story."""
    told = {one.value["event_id"]: one.value for one in outcomes if one.kind == "driftmill.Outcome"}
    day = (parts["made_at"] - START) // DAY
    here = parts[(day >= first) & (day < last)]
    truth = here["returned"].to_numpy(float)
    scores = np.array([told[part]["score"] for part in here["part_id"]])
    odd = (day[here.index] % 2 == 1).to_numpy()
    with threadpool_limits(limits=1):
        best = min(_error(_crossed(model, here[COLUMNS].to_numpy(), truth, odd), truth) for model in _models())
    return Stretch(first, last, _error(scores, truth), best)


def _models() -> list[Any]:
    return [LogisticRegression(), HistGradientBoostingClassifier(random_state=0)]


def _crossed(model: Any, inputs: Floats, truth: Floats, odd: NDArray[np.bool_]) -> Floats:
    scores = np.empty(len(truth))
    for side in (odd, ~odd):
        scores[~side] = model.fit(inputs[side], truth[side]).predict_proba(inputs[~side])[:, 1]
    return scores


def _error(scores: Floats, truth: Floats) -> float:
    return float(np.mean((scores - truth) ** 2))


def _of(records: Iterable[Record], kind: str) -> Iterable[Record]:
    return (one for one in records if one.kind == f"driftmill.{kind}")


def _move(record: Record) -> Happening:
    value = record.value
    share = f" {value['share']:.0%}" if value["to_state"] == "canary" else ""
    return _at(record, value["to_state"] + share, value["version"], value["reason"])


def _at(record: Record, what: str, version: str, detail: str) -> Happening:
    return Happening((record.value["clock"] - START) / DAY, what, version, detail)
