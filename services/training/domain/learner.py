"""Learners: families of scikit-learn pipelines over named columns that convert to ONNX exactly."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from services.contracts.pipeline.learning_task import ANOMALY, BINARY, MULTICLASS, REGRESSION, LearningTask
from services.training.domain.cohort import Floats, Rows
from services.training.domain.isolation import depths_of, scores_of
from services.training.domain.rarity import restore_odds, thinned
from services.training.domain.threads import one_thread
from services.training.domain.threshold import to_float32
from services.training.domain.weighing import fit_weighed
from services.training.domain.whitening import Whitening
from services.training.domain.window import EVERYTHING, Window

Settings: TypeAlias = tuple[tuple[str, float | int], ...]

_RARE_BELOW = 20
"""Categories seen less often are one, for trees."""

_FOLDS = 5
_PASSES = 40

_THINNED = ("hist_boosting",)
"""Families that learn more from fewer negatives where positives are rare."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A learner family and its settings. keep_negatives: learnt from are at most so many to a positive; None: all.
    window: the rows that it learns from. calibrate: its scores are mapped to probabilities by a sigmoid. rare_below:
    category → categories that are seen less often are one. members: of an ensemble, that has no settings itself. make:
    what builds a family that no task has."""

    family: str
    settings: Settings
    keep_negatives: int | None = None
    window: Window = EVERYTHING
    calibrate: bool = False
    rare_below: tuple[tuple[str, int], ...] = ()
    members: "tuple[Configuration, ...]" = ()
    make: "Make | None" = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """Of the family, or of the ensemble, whatever its settings."""
        return f"{self.family}({', '.join(member.family for member in self.members)})" if self.members else self.family

    def __str__(self) -> str:
        said = self._said() | self._further()
        parts = [*map(str, self.members), *(f"{name}={value}" for name, value in said.items())]
        return f"{self.family}({', '.join(parts)})"

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        members = {"members": [member.to_dict() for member in self.members]} if self.members else {}
        return {"family": self.family, "settings": self._said()} | self._further() | members

    def begins(self, rows: Rows) -> int:
        """Event time of the first of the rows that it learns from."""
        if self.members:
            return min(member.begins(rows) for member in self.members)
        return int(self.window.of(rows).event_time[0])

    def _further(self) -> dict[str, str]:
        window = {} if self.window == EVERYTHING else {"history": self.window.name}
        return window | ({"calibrate": "sigmoid"} if self.calibrate else {})

    def _said(self) -> dict[str, float | int]:
        thinned = {} if self.keep_negatives is None else {"keep_negatives": self.keep_negatives}
        return dict(self.settings) | thinned


_SETTINGS: Mapping[str, tuple[Settings, ...]] = {
    "logistic": ((("C", 0.1),),),
    "linear": ((("alpha", 1.0),),),
    "hist_boosting": (
        (("learning_rate", 0.1), ("max_iter", 100), ("max_leaf_nodes", 15), ("min_samples_leaf", 20)),
        (("learning_rate", 0.1), ("max_iter", 100), ("max_leaf_nodes", 6), ("min_samples_leaf", 50)),
    ),
    "forest": ((("max_depth", 10), ("min_samples_leaf", 20), ("n_estimators", 60)),),
    "mlp": ((("alpha", 0.001), ("hidden_units", 32)),),
    "isolation_forest": (
        (("max_samples", 256), ("n_estimators", 100)),
        (("max_samples", 2048), ("n_estimators", 100)),
    ),
}


def configurations(
    families: tuple[str, ...], keep_negatives: int | None, own: "Mapping[str, Make]" = MappingProxyType({})
) -> tuple[Configuration, ...]:
    """What is tried of each family, in order. own: what builds those that no task has; KeyError without it."""
    return tuple(
        Configuration(family, settings, keep_negatives if family in _THINNED else None, make=own.get(family))
        for family in families
        for settings in (((),) if family in own else _SETTINGS[family])
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted learner. pipeline: reads a frame with the columns `numbers` (float32) and `categories` (text).
    share_of_negatives: what was learnt from of them. task: what its scores are. unit: what distances of scores are
    counted in: 1 for probabilities, for numbers the standard deviation of the labels it learnt from."""

    configuration: Configuration
    pipeline: Pipeline
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    share_of_negatives: float = 1.0
    task: LearningTask = BINARY
    unit: float = 1.0

    @property
    def members(self) -> "tuple[Fitted, ...]":
        """Itself alone: see `ensemble.Joined`."""
        return (self,)

    def scores(self, inputs: pd.DataFrame) -> Floats:
        """Probability of the positive class, the number, or how unusual a row is [rows]; of several classes, theirs
        [rows, classes]."""
        with one_thread():
            found: Floats
            found = (self.pipeline.predict_proba if self.task.classifies else self.pipeline.predict)(inputs)
        if not self.task.labelled:
            return scores_of(found)
        return found[:, 1] if self.task.has_classes else found


def fit(configuration: Configuration, rows: Rows, seed: int) -> Fitted:
    """Fit on the rows of the configuration's window, or fewer negatives where it says so, on one thread.

    The same rows and seed give the same model, whose scores are probabilities among all rows, and among all the events
    that these stand for; or numbers.
    Columns without any value in these rows are not learnt from, though they stay among the inputs.
    Split thresholds are rounded down to float32, which changes no decision on float32 inputs and makes ONNX exact.
    """
    task = rows.task
    learnt, share = thinned(configuration.window.of(rows), configuration.keep_negatives, seed)
    present = tuple(name for name in rows.numbers if learnt.inputs[name].notna().any())
    pipeline = build(configuration, Columns(present, rows.categories, dict(configuration.rare_below)), seed, task)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of passes is bounded
        warnings.filterwarnings("ignore", "max_samples")  # fewer rows than a tree may have are all that it has
        fit_weighed(pipeline, learnt, configuration.window.fading(learnt), seed)
    if share < 1:
        restore_odds(pipeline[-1], share)
    if isinstance(pipeline[-1], IsolationForest):
        pipeline.steps[-1] = ("depths", depths_of(pipeline[-1]))
    to_float32(pipeline[-1])
    unit = 1.0 if task.classifies else float(np.std(learnt.label)) or 1.0
    return Fitted(configuration, pipeline, rows.numbers, rows.categories, share, task, unit)


def build(configuration: Configuration, columns: "Columns", seed: int, task: LearningTask = BINARY) -> Pipeline:
    """The unfitted pipeline of a configuration."""
    make = configuration.make or _BUILDERS[task.kind][configuration.family]
    made = make(dict(configuration.settings), columns, seed)
    if not configuration.calibrate:
        return made
    # one learner, fitted on all rows; the sigmoid is of scores by those that were fitted without each fifth
    return make_pipeline(*made[:-1], CalibratedClassifierCV(made[-1], method="sigmoid", cv=_FOLDS, ensemble=False))


@dataclass(frozen=True, slots=True)
class Columns:
    """What is learnt from. rare_below: of some categories."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    rare_below: Mapping[str, int]

    def transformed(self, number: Any, category: Callable[[int | None], Any]) -> ColumnTransformer:
        """number: transforms numbers. category: gives what transforms categories of which those are one that are seen
        less often than it is told; None where nothing is said of them."""
        given = [("numbers", number, list(self.numbers))]
        for least in (None, *sorted(set(self.rare_below.values()))):
            its = [name for name in self.categories if self.rare_below.get(name) == least]
            given.append(("categories" if least is None else f"rare_below_{least}", category(least), its))
        return ColumnTransformer([part for part in given if part[2]])


Make: TypeAlias = Callable[[dict[str, Any], Columns, int], Pipeline]
"""From settings, columns and a seed to an unfitted pipeline."""


def _ordinal(least: int | None, dtype: type = np.float32) -> OrdinalEncoder:
    return OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=least or _RARE_BELOW, dtype=dtype
    )


def _one_hot(least: int | None, is_dense: bool = False) -> Any:
    """Its own `min_frequency` can't be converted where there is a single column."""
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=not is_dense)
    return one_hot if least is None else make_pipeline(_ordinal(least, np.int64), one_hot)


def _imputer() -> SimpleImputer:
    return SimpleImputer(strategy="median")


def _scaled(columns: Columns) -> ColumnTransformer:
    return columns.transformed(make_pipeline(_imputer(), StandardScaler()), _one_hot)


def _linear(estimator: Any) -> Make:
    """Over imputed and scaled numbers, and a column for each category."""

    def built(settings: dict[str, Any], columns: Columns, seed: int) -> Pipeline:
        return make_pipeline(_scaled(columns), estimator(random_state=seed, **settings))

    return built


def _hist_boosting(estimator: Any) -> Make:
    """Categories are encoded before it: its own `categorical_features` converts to a wrong file without an error, and
    so does its `loss="poisson"`."""

    def built(settings: dict[str, Any], columns: Columns, seed: int) -> Pipeline:
        transformed = columns.transformed("passthrough", _ordinal)
        return make_pipeline(transformed, estimator(early_stopping=False, random_state=seed, **settings))

    return built


def _forest(estimator: Any) -> Make:
    def built(settings: dict[str, Any], columns: Columns, seed: int) -> Pipeline:
        transformed = columns.transformed(_imputer(), _ordinal)
        return make_pipeline(transformed, estimator(n_jobs=1, random_state=seed, **settings))

    return built


def _mlp(settings: dict[str, Any], columns: Columns, seed: int) -> Pipeline:
    """One hidden layer. It stops once its loss falls no more, or after as many passes as are worth their time."""
    hidden, rest = settings["hidden_units"], {"alpha": settings["alpha"]}
    network = MLPClassifier((hidden,), max_iter=_PASSES, n_iter_no_change=5, random_state=seed, **rest)
    return make_pipeline(_scaled(columns), network)


def _isolation_forest(settings: dict[str, Any], columns: Columns, seed: int) -> Pipeline:
    """Over columns that are independent: its splits look at one of them at a time."""
    transformed = columns.transformed(_imputer(), partial(_one_hot, is_dense=True))
    return make_pipeline(transformed, Whitening(), IsolationForest(n_jobs=1, random_state=seed, **settings))


_CLASSIFIERS: Mapping[str, Make] = {
    "logistic": _linear(partial(LogisticRegression, max_iter=500)),
    "hist_boosting": _hist_boosting(HistGradientBoostingClassifier),
    "forest": _forest(RandomForestClassifier),
    "mlp": _mlp,
}
_BUILDERS: Mapping[str, Mapping[str, Make]] = {
    BINARY.kind: _CLASSIFIERS,
    MULTICLASS.kind: _CLASSIFIERS,
    REGRESSION.kind: {
        "linear": _linear(Ridge),
        "hist_boosting": _hist_boosting(HistGradientBoostingRegressor),
        "forest": _forest(RandomForestRegressor),
    },
    ANOMALY.kind: {"isolation_forest": _isolation_forest},
}
"""By the kind of the learning task, then by family."""
