"""What the converter to ONNX makes of parts of scikit-learn, in the versions that are locked: right, refused, or wrong
without an error. Where a later version does better this tells, and what keeps clear of it may go.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from threadpoolctl import threadpool_limits

from services.training.adapters.onnx_export import TARGET_OPSET, NotConvertible, export
from services.training.domain.learner import Fitted
from tests.unit.training.fitted import SMALL

RIGHT = 4e-7
"""How far a score may lie from the learner's: a few units of the last place of float32."""
NAMES = [f"n{i}" for i in range(4)]
CATEGORIES = ["c", "d"]


@cache
def inputs() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    found = pd.DataFrame(rng.normal(size=(1_000, 4)).astype(np.float32), columns=NAMES)
    found["c"] = np.array([*"abcdefgh"], object)[rng.integers(0, 8, len(found))]
    rare = rng.random(len(found))
    return found.assign(d=np.select([rare < 0.01, rare < 0.02], ["rare", "Also rare"], found["c"].str.upper()))


@cache
def labels() -> tuple[Any, Any]:
    """Of two classes, and a number of times."""
    of, rng = inputs(), np.random.default_rng(1)
    odds = 2 * of["n0"] + of["n1"] - 3 * of["c"].isin([*"ceh"]) + 0.5
    return (rng.random(len(of)) < 1 / (1 + np.exp(-odds))).astype(int).to_numpy(), rng.poisson(np.exp(odds / 2))


def over(number: Any = "passthrough", category: Any = "drop", of: Sequence[str] = CATEGORIES) -> ColumnTransformer:
    return ColumnTransformer([("numbers", number, NAMES), ("categories", category, list(of))])


def behind(number: Any = "passthrough", category: Any = "drop", of: Sequence[str] = CATEGORIES) -> Pipeline:
    """What transforms, before the plainest of learners."""
    return make_pipeline(over(number, category, of), LogisticRegression())


def rare_as_one() -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="ignore", min_frequency=20)


def ordinal(**settings: Any) -> OrdinalEncoder:
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32, **settings)


def boosting(**settings: Any) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=20, early_stopping=False, random_state=0, **settings)


def counting(**settings: Any) -> Pipeline:
    return make_pipeline(over(), HistGradientBoostingRegressor(max_iter=20, early_stopping=False, **settings))


def joined() -> list[tuple[str, Any]]:
    return [("line", LogisticRegression()), ("forest", RandomForestClassifier(5, random_state=0))]


def fitted(model: Pipeline) -> Pipeline:
    label = labels()[isinstance(model[-1], HistGradientBoostingRegressor)]
    with threadpool_limits(limits=1):  # threads that wait for each other spin
        return model.fit(inputs(), label)


def outputs(model: Pipeline) -> list[Any]:
    """What the file of a fitted model gives. Raises what the converter raises."""
    types: list[tuple[str, Any]] = [(name, FloatTensorType([None, 1])) for name in NAMES]
    types += [(name, StringTensorType([None, 1])) for name in CATEGORIES]
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    file = to_onnx(model, initial_types=types, target_opset=TARGET_OPSET, options=options)
    session = onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, {name: inputs()[[name]].to_numpy() for name, _ in types}))


def distance(model: Pipeline) -> float:
    """Between the scores of a model and its file, the greatest; of numbers beyond 1 in their size."""
    found = outputs(fitted(model))
    if hasattr(model, "predict_proba"):
        return float(np.abs(found[1] - model.predict_proba(inputs())).max())
    of_trees = hasattr(model, "decision_function")
    ours, its = (model.decision_function, found[1]) if of_trees else (model.predict, found[0])
    numbers = ours(inputs())
    return float((np.abs(its.ravel() - numbers) / np.maximum(1, np.abs(numbers))).max())


WRONG = {
    "boosting by categories": lambda: make_pipeline(
        over("passthrough", ordinal()), boosting(categorical_features=[4, 5])
    ),
    "poisson loss": lambda: counting(loss="poisson"),
    "isotonic calibration": lambda: make_pipeline(over(), CalibratedClassifierCV(boosting(), method="isotonic", cv=2)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_comes_out_wrong_without_an_error_is_known(name: str) -> None:
    assert distance(WRONG[name]()) > 0.01


def test_the_label_of_a_tuned_threshold_comes_out_as_if_nothing_had_been_tuned() -> None:
    tuned = TunedThresholdClassifierCV(LogisticRegression(), scoring="recall", cv=2)
    model = fitted(make_pipeline(over(), tuned))
    assert abs(model[-1].best_threshold_ - 0.5) > 0.1
    label, probability = outputs(model)
    assert (label != model.predict(inputs())).mean() > 0.05
    assert (label == (probability[:, 1] > 0.5)).all()


REFUSED = {
    "frozen": lambda: make_pipeline(
        over(),
        CalibratedClassifierCV(FrozenEstimator(LogisticRegression().fit(inputs()[NAMES].to_numpy(), labels()[0]))),
    ),
    "one-hot of a single column with rare ones as one": lambda: behind(category=rare_as_one(), of=["d"]),
    "fixed threshold": lambda: make_pipeline(over(), FixedThresholdClassifier(LogisticRegression(), threshold=0.3)),
    "splines": lambda: behind(SplineTransformer()),
    "calibration of columns": lambda: Pipeline([("all", CalibratedClassifierCV(behind(), method="sigmoid", cv=2))]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_known(name: str) -> None:
    model = fitted(REFUSED[name]())
    with pytest.raises(NotConvertible, match="can't be written as ONNX: "):
        export(Fitted(SMALL["logistic"], model, tuple(NAMES), tuple(CATEGORIES)))


CONVERTED = {
    "one-hot, unknown ignored": lambda: behind(category=OneHotEncoder(handle_unknown="ignore")),
    "one-hot of several columns with rare ones as one": lambda: behind(category=rare_as_one()),
    "ordinal, unknown -1, rare ones as one": lambda: behind(category=ordinal(min_frequency=20)),
    "target encoding": lambda: behind(category=TargetEncoder(random_state=0)),
    "imputer": lambda: behind(SimpleImputer(strategy="median")),
    "scaler": lambda: behind(StandardScaler()),
    "robust scaler": lambda: behind(RobustScaler()),
    "quantiles": lambda: behind(QuantileTransformer(n_quantiles=10)),
    "bins": lambda: behind(KBinsDiscretizer(5, encode="ordinal", quantile_method="averaged_inverted_cdf")),
    "boosting": lambda: make_pipeline(over(), boosting()),
    "boosting of quantiles": lambda: counting(loss="quantile", quantile=0.9),
    "forest": lambda: make_pipeline(over(), RandomForestClassifier(20, random_state=0)),
    "network": lambda: make_pipeline(over(), MLPClassifier((8,), max_iter=20, random_state=0)),
    "sigmoid calibration as the last step": lambda: make_pipeline(
        over(), CalibratedClassifierCV(LogisticRegression(), method="sigmoid", cv=2)
    ),
    "soft voting": lambda: make_pipeline(over(), VotingClassifier(joined(), voting="soft", flatten_transform=False)),
    "stacking": lambda: make_pipeline(over(), StackingClassifier(joined(), cv=2)),
    "isolation forest": lambda: Pipeline(
        [("over", over()), ("trees", IsolationForest(n_estimators=20, random_state=0))]
    ),
}


@pytest.mark.parametrize("name", CONVERTED)
def test_what_comes_out_right_is_known(name: str) -> None:
    assert distance(CONVERTED[name]()) <= RIGHT
