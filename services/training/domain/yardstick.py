"""A yardstick: a learner that never stops learning, asked of each outcome before it learns the outcome's label.

Prequential evaluation (Gama, Sebastião and Rodrigues, On evaluating stream learning algorithms, Machine Learning 90,
2013) with delayed labels (Grzenda, Gomes and Bifet, Delayed labelling evaluation for data streams, Data Mining and
Knowledge Discovery 34, 2020): a label is learnt once event time has passed its `known_at`, before the next prediction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import isnan
from typing import Any, NamedTuple, TypeAlias

from river import linear_model, optim, preprocessing

from services.contracts.pipeline.learning_task import BINARY, MULTICLASS, REGRESSION, LearningTask
from services.training.domain.matured import Matured

_FAR = 5.0
"""Standard deviations beyond which a number counts as so far off: one value mustn't undo what was learnt."""
_FADING = 0.001
"""What the newest number counts for in its mean and variance: they follow what moves, some thousand outcomes behind."""
_RATE = 0.01
"""Step of the gradient, river's default."""

Features: TypeAlias = dict[str, float]
_Loss: TypeAlias = Callable[[Any, Features, float], float]


class Sums(NamedTuple):
    """Over outcomes that one model answered: rows, the learner's losses, the model's."""

    rows: int = 0
    loss: float = 0.0
    other_loss: float = 0.0


def _of_probability(model: Any, features: Features, label: float) -> float:
    return float((model.predict_proba_one(features)[True] - label) ** 2)


def _of_class(model: Any, features: Features, label: float) -> float:
    told: Mapping[int, float] = model.predict_proba_one(features)
    return float(max(told, key=lambda one: (told[one], -one), default=-1) != label)


def _of_number(model: Any, features: Features, label: float) -> float:
    return abs(float(model.predict_one(features)) - label)


def _sgd() -> Any:
    return optim.SGD(_RATE)


class _Method(NamedTuple):
    """A learner of river. make: a new one. loss: of what it says before it learns, as `losses` has it. target: what it
    calls a label."""

    name: str
    make: Callable[[], Any]
    loss: _Loss
    target: Callable[[float], Any]


METHODS: Mapping[str, _Method] = {
    BINARY.kind: _Method("logistic", lambda: linear_model.LogisticRegression(_sgd()), _of_probability, bool),
    MULTICLASS.kind: _Method("softmax", lambda: linear_model.SoftmaxRegression(_sgd()), _of_class, int),
    # gradients of absolute differences are bounded: a single far label moves it no further than any other
    REGRESSION.kind: _Method(
        "linear",
        lambda: preprocessing.TargetStandardScaler(
            regressor=linear_model.LinearRegression(_sgd(), loss=optim.losses.Absolute())
        ),
        _of_number,
        float,
    ),
}
"""By the kind of the learning task: linear ones, since they are fast. A Hoeffding adaptive tree took in a fifth as
many outcomes a second, and lost 8 % more on elec2."""


@dataclass(slots=True)
class Yardstick:
    """One learner. Write: `take`; read: `learnt`, how many labels it has learnt from.

    numbers, categories: names of the inputs, as `Matured` has them. Law: the same outcomes in the same lots give the
    same sums.
    """

    task: LearningTask
    numbers: Sequence[str]
    categories: Sequence[str]
    learnt: int = 0
    _model: Any = field(init=False)
    _scaler: Any = field(init=False)
    _waiting: list[tuple[int, int, Matured]] = field(default_factory=list)
    _come: int = 0
    _known: int = -1

    def __post_init__(self) -> None:
        untyped: Any = preprocessing.AdaptiveStandardScaler
        self._model, self._scaler = METHODS[self.task.kind].make(), untyped(_FADING)

    @property
    def name(self) -> str:
        """Of the learner."""
        return METHODS[self.task.kind].name

    def take(self, lot: Iterable[Matured]) -> dict[str, Sums]:
        """Take in the next outcomes, by event time; sums for each model that answered some.

        One that comes after a label was learnt which wasn't known at its time, as late ones may, is learnt from and
        counts in no sum.
        """
        sums: dict[str, Sums] = {}
        for one in lot:
            self._learn_until(one.event_time)
            if one.version and one.event_time >= self._known and not isnan(one.loss):
                rows, loss, other_loss = sums.get(one.version, Sums())
                own = METHODS[self.task.kind].loss(self._model, self._features(one), one.label)
                sums[one.version] = Sums(rows + one.weight, loss + one.weight * own, other_loss + one.weight * one.loss)
            self._come += 1
            heappush(self._waiting, (one.known_at, self._come, one))
        return sums

    def _learn_until(self, time: int) -> None:
        while self._waiting and self._waiting[0][0] <= time:
            known_at, _, one = heappop(self._waiting)
            self._scaler.learn_one(self._present(one))
            self._model.learn_one(self._features(one), METHODS[self.task.kind].target(one.label))
            self._known, self.learnt = max(self._known, known_at), self.learnt + 1

    def _present(self, one: Matured) -> Features:
        """Numbers that aren't missing."""
        return {name: value for name, value in zip(self.numbers, one.numbers.tolist(), strict=True) if value == value}

    def _features(self, one: Matured) -> Features:
        """In standard deviations, so that a missing number is as good as a usual one; a category is 1 for its value."""
        scaled = self._scaler.transform_one(self._present(one))
        features = {name: min(max(value, -_FAR), _FAR) for name, value in scaled.items()}
        buckets = zip(self.categories, one.categories, strict=True)
        return features | {f"{name}={bucket}": 1.0 for name, bucket in buckets}
