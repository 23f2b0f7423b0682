"""Rows to learn from: two numbers and a category of which the label depends, over days, known an hour later."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from services.contracts.pipeline.learning_task import MULTICLASS, REGRESSION
from services.training.domain.cohort import Label, Rows
from services.training.domain.evaluation import Task
from services.training.domain.measurement import Wanted
from services.training.domain.search import Space
from services.training.domain.split import SplitRule
from services.training.domain.window import EVERYTHING

HOUR = 3_600_000_000
DAY = 24 * HOUR
NUMBERS = ("customer.spend.mean.7d", "amount")
CATEGORIES = ("country",)


def made_rows(days: int = 60, a_day: int = 60, strength: float = 2.0, seed: int = 0) -> Rows:
    """strength: how much the label depends on the inputs; 0: not at all."""
    rng = np.random.default_rng(seed)
    count = days * a_day
    time = np.sort(rng.integers(0, days * DAY, count))
    numbers = rng.normal(size=(count, 2)).astype(np.float32)
    country = rng.choice(np.array(["DE", "FR", "NO"], object), count)
    odds = strength * (numbers[:, 0] + 0.5 * (country == "NO") - 0.5)
    label = (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    numbers[rng.random((count, 2)) < 0.05] = np.nan
    inputs = pd.DataFrame({NUMBERS[0]: numbers[:, 0], NUMBERS[1]: numbers[:, 1], CATEGORIES[0]: country})
    return Rows(time, time + HOUR, label, inputs, NUMBERS, CATEGORIES)


@cache
def hourly_rows(days: int = 60, scale: float = 100.0, middle: float = 300.0, seed: int = 0) -> Rows:
    """An hourly number around `middle`, mostly told by its inputs; scale: its standard deviation, about."""
    rng = np.random.default_rng(seed)
    time = np.arange(days * 24) * HOUR
    numbers = rng.normal(size=(len(time), 2)).astype(np.float32)
    country = rng.choice(np.array(["DE", "FR", "NO"], object), len(time))
    told = np.maximum(numbers[:, 0], -1) + 0.5 * (country == "NO") + 0.5 * np.sin(time / DAY * 2 * np.pi)
    label = middle + scale * (told + 0.3 * rng.normal(size=len(time)))
    numbers[rng.random(numbers.shape) < 0.05] = np.nan
    hour = (time // HOUR % 24).astype(np.float32)
    inputs = pd.DataFrame({NUMBERS[0]: numbers[:, 0], NUMBERS[1]: hour, CATEGORIES[0]: country})
    return Rows(time, time + HOUR, label, inputs, NUMBERS, CATEGORIES, task=REGRESSION)


ANIMALS = replace(MULTICLASS, classes=("cat", "dog", "eel"))


@cache
def animal_rows(days: int = 60, a_day: int = 60, seed: int = 0) -> Rows:
    """One of three classes, mostly told by the inputs; the last is the rarest."""
    rows = made_rows(days, a_day, seed=seed)
    rng = np.random.default_rng(seed + 100)
    first, second = (np.nan_to_num(rows.inputs[name].to_numpy(np.float64)) for name in NUMBERS)
    norway = rows.inputs[CATEGORIES[0]].to_numpy() == "NO"
    odds = np.column_stack([2 * first, 2 * second + norway, np.full(len(rows), -0.5) - first - second])
    label = (odds + rng.gumbel(size=odds.shape)).argmax(axis=1).astype(np.int8)
    return replace(rows, label=label, task=ANIMALS)


@cache
def rare_rows(seed: int) -> Rows:
    """One row in two hundred is positive, and most of these can be told."""
    rows = made_rows(days=100, a_day=400, seed=seed)
    known = np.nan_to_num(rows.inputs[list(NUMBERS)].to_numpy(np.float64), nan=-1.0)
    odds = 6 * np.maximum(known[:, 0] - 2.9, known[:, 1] - 3.0)
    happens = np.random.default_rng(seed).random(len(rows)) < 1 / (1 + np.exp(-odds))
    return relabelled(rows, happens.astype(np.int8))


def relabelled(rows: Rows, label: Label) -> Rows:
    """The same rows with other labels."""
    return replace(rows, label=label)


def made_task(
    families: tuple[str, ...] = ("logistic",),
    optimise: str = "roc_auc",
    days: int = 60,
    min_positives: int = 30,
    keep_negatives: int | None = None,
) -> Task:
    wanted = (Wanted(optimise, 0.95, DAY),)
    rule = SplitRule(holdout=14 * DAY, validation=7 * DAY, min_rows=200, min_positives=min_positives)
    known_before = days * DAY + HOUR
    space = Space(families, (EVERYTHING,), optimise, keep_negatives, calibrate=False, rare_below=(), seed=3)
    return Task(space, wanted, rule, True, known_before)


def wrongly_converted(numbers: list[str], categories: list[str]) -> Pipeline:
    """A pipeline whose ONNX file scores otherwise: categorical splits are written as thresholds, without an error."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("numbers", "passthrough", numbers), ("categories", encoder, categories)])
    trees = HistGradientBoostingClassifier(max_iter=20, categorical_features=[len(numbers)], early_stopping=False)
    return make_pipeline(columns, trees)
