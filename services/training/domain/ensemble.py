"""Ensembles: learners whose scores are joined by a weighted mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from services.contracts.pipeline.learning_task import LearningTask
from services.training.domain import learner
from services.training.domain.cohort import Floats, Rows
from services.training.domain.learner import Configuration, Fitted

STACKING = "stacking"

_PARTS = 5
"""A stacking weighs its members by the newest of so many parts of the rows."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Fitted members, and the weight of each in the mean of their scores; weights sum to 1."""

    configuration: Configuration
    members: tuple[Fitted, ...]
    weights: tuple[float, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns of numbers that every member reads."""
        return self.members[0].numbers

    @property
    def categories(self) -> tuple[str, ...]:
        """Columns of categories that every member reads."""
        return self.members[0].categories

    @property
    def share_of_negatives(self) -> float:
        """Of the member that learnt from the fewest."""
        return min(member.share_of_negatives for member in self.members)

    @property
    def task(self) -> LearningTask:
        """What the members' scores are."""
        return self.members[0].task

    @property
    def unit(self) -> float:
        """As of a member: of those that learnt from labels that differ the most."""
        return max(member.unit for member in self.members)

    def scores(self, inputs: pd.DataFrame) -> Floats:
        """As of a member [rows]."""
        found: Floats = _scores(self.members, inputs) @ np.array(self.weights)
        return found


Learnt: TypeAlias = Fitted | Joined


def fit(configuration: Configuration, rows: Rows, seed: int) -> Learnt:
    """Fit a learner, or an ensemble's members and their weights. As `learner.fit`, which fits one."""
    if not configuration.members:
        return learner.fit(configuration, rows, seed)
    members = tuple(learner.fit(member, rows, seed) for member in configuration.members)
    alike = (1 / len(members),) * len(members)
    weights = _weights(configuration.members, rows, seed) if configuration.family == STACKING else None
    return Joined(configuration, members, weights or alike)


def _weights(members: Sequence[Configuration], rows: Rows, seed: int) -> tuple[float, ...] | None:
    """None below zero: those that err least, by squares, on rows that come after all that these members have seen.

    Breiman, Stacked regressions (1996), with time in the place of folds. None where a member would see one class only,
    or no member tells anything.
    """
    begin = int(rows.event_time[-max(1, len(rows) // _PARTS)])
    older = rows.take(rows.label_time < begin)
    newest = rows.take(rows.standing(np.flatnonzero(rows.event_time >= begin)))
    seen = [one.window.of(older) for one in members] if len(older) else [older]
    if not all(part.rarer > 0 for part in seen):
        return None
    fitted = [learner.fit(member, older, seed) for member in members]
    told = _scores(fitted, newest.inputs).reshape(-1, len(fitted))
    found, _ = nnls(told, _hoped(newest).ravel())
    total = float(found.sum())
    return tuple(float(weight) / total for weight in found) if total > 0 else None


def _scores(members: Sequence[Fitted], inputs: pd.DataFrame) -> Floats:
    """Of each member [rows, members], or [rows, classes, members]."""
    return np.stack([member.scores(inputs) for member in members], axis=-1)


def _hoped(rows: Rows) -> Floats:
    """The scores of who is always right."""
    if rows.task.several:
        return np.eye(rows.task.width)[rows.label]
    return rows.label.astype(np.float64)
