"""What is tried on the validation rows: each learner as it is known to do well, or a search over their settings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from services.contracts.pipeline.metric import LOWER_IS_BETTER
from services.contracts.pipeline.units import Rate
from services.training.domain.budget import allowance
from services.training.domain.cohort import Rows
from services.training.domain.decision import decision_threshold
from services.training.domain.ensemble import fit
from services.training.domain.learner import Configuration, Make, configurations
from services.training.domain.metric import value
from services.training.domain.progress import Tell, is_told, silent
from services.training.domain.window import Window

_RANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "logistic": {"C": (1e-3, 1e2)},
    "linear": {"alpha": (1e-3, 1e3)},
    "hist_boosting": {
        "learning_rate": (0.02, 0.3),
        "max_iter": (50, 400),
        "max_leaf_nodes": (4, 63),
        "min_samples_leaf": (5, 200),
    },
    "forest": {"max_depth": (4, 16), "min_samples_leaf": (5, 100), "n_estimators": (40, 160)},
    "mlp": {"alpha": (1e-5, 1e-1), "hidden_units": (8, 64)},
}
"""Of each family's settings, searched in their logarithm; whole numbers where both ends are."""

_FIRST_PART = 4
"""A configuration is first tried on the newest of so many parts of the rows, and given up if it is worse there than the
middle one of those before it."""


@dataclass(frozen=True, slots=True)
class Search:
    """At most `trials` configurations; no further one begins after `seconds` of wall time, None: whenever."""

    trials: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Space:
    """What may be tried, and how it is judged. search: None for each family's known settings; first: what it begins
    with, the champion's say. ensembles: how several are joined (voting, stacking), and families. own: what builds
    families of the user's. seed: of learners and of the search. at_most: so many may be decided positive."""

    families: tuple[str, ...]
    windows: tuple[Window, ...]
    optimise: str
    keep_negatives: int | None
    calibrate: bool
    rare_below: tuple[tuple[str, int], ...]
    seed: int
    search: Search | None = None
    first: tuple[Configuration, ...] = ()
    ensembles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    own: Mapping[str, Make] = field(default_factory=dict)
    at_most: Rate | None = None

    def asked(self, configuration: Configuration, window: Window) -> Configuration:
        """A configuration with what isn't chosen."""
        return replace(configuration, window=window, calibrate=self.calibrate, rare_below=self.rare_below)

    def without(self, refused: Configuration) -> "Space":
        """The same space without a family and its ensembles, or without one ensemble."""
        if refused.members:
            its = (refused.family, tuple(member.family for member in refused.members))
            return replace(self, ensembles=tuple(one for one in self.ensembles if one != its))
        left = tuple(family for family in self.families if family != refused.family)
        return replace(
            self, families=left, ensembles=tuple(one for one in self.ensembles if refused.family not in one[1])
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A configuration, its measure on the validation rows, and the score from which it would decide positive there.
    given_up: it was tried on a part of the training rows only."""

    configuration: Configuration
    value: float
    threshold: float = 0.5
    given_up: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As manifests hold it."""
        given_up = {"given_up": True} if self.given_up else {}
        return self.configuration.to_dict() | {"value": self.value if np.isfinite(self.value) else None} | given_up


def tried(train: Rows, validation: Rows, space: Space, tell: Tell = silent) -> tuple[Trial, ...]:
    """Every trial in its order, ensembles of the best of their families last. Without a limit of time the same
    arguments give the same ones."""
    if space.search is not None:
        alone = _Searching(train, validation, space, tell).run(space.search)
    else:
        tell(f"trying {' and '.join(space.families)}")
        alone = tuple(_trial(one, train, validation, space) for one in _known(space))
    joined = _ensembles(alone, space)
    if joined:
        tell(f"trying {' and '.join(one.family for one in joined)} of the best")
    return alone + tuple(_trial(one, train, validation, space) for one in joined)


def _ensembles(alone: Sequence[Trial], space: Space) -> list[Configuration]:
    """Those of which every family has been tried."""
    by_family: dict[str, list[Trial]] = {}
    for trial in alone:
        by_family.setdefault(trial.configuration.family, []).append(trial)
    found = {family: best(trials, space.optimise).configuration for family, trials in by_family.items()}
    return [
        Configuration(kind, (), members=tuple(found[family] for family in families))
        for kind, families in space.ensembles
        if found.keys() >= set(families)
    ]


def begun_with(learner: Mapping[str, Any]) -> tuple[Configuration, ...]:
    """What a search may begin with: the learner of a manifest, or an ensemble's members; none of families or settings
    that aren't there any more."""
    each = [one for one in learner.get("members", (learner,)) if one["family"] in _RANGES]
    return tuple(
        Configuration(one["family"], tuple((name, one["settings"][name]) for name in _RANGES[one["family"]]))
        for one in each
        if one["settings"].keys() >= _RANGES[one["family"]].keys()
    )


def best(trials: Sequence[Trial], metric: str) -> Trial:
    """The first of the best; one that was given up only where there is no other."""
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    whole = [trial for trial in trials if not trial.given_up] or trials
    return max(whole, key=lambda trial: sign * trial.value if np.isfinite(trial.value) else -np.inf)


def _known(space: Space) -> list[Configuration]:
    """Of each family what does well on most data, with every window."""
    known = configurations(space.families, space.keep_negatives, space.own)
    return [space.asked(one, window) for window in space.windows for one in known]


def _trial(configuration: Configuration, train: Rows, validation: Rows, space: Space) -> Trial:
    """validation: each row as often as it stands for events."""
    scores = fit(configuration, train, space.seed).scores(validation.inputs)
    label, costs = validation.label, validation.costs
    most = math.inf if space.at_most is None else allowance(validation, space.at_most)
    threshold = decision_threshold(space.optimise, label, scores, costs, most)
    return Trial(configuration, value(space.optimise, label, scores, threshold, costs), threshold)


Suggesting: TypeAlias = Any
"""An Optuna trial: the library is loaded where a search is asked for, and by nobody else."""


class _Searching:
    """Optuna's tree-structured Parzen estimator (Bergstra et al. 2011), begun with what is known to do well."""

    def __init__(self, train: Rows, validation: Rows, space: Space, tell: Tell) -> None:
        self._train, self._validation, self._space, self._tell = train, validation, space, tell
        self._windows = {window.name: window for window in space.windows}
        self._trials: list[Trial] = []

    def run(self, search: Search) -> tuple[Trial, ...]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            direction="minimize" if self._space.optimise in LOWER_IS_BETTER else "maximize",
            sampler=optuna.samplers.TPESampler(seed=self._space.seed),
            pruner=optuna.pruners.MedianPruner(),
        )
        for configuration in self._first():
            study.enqueue_trial(_parameters(configuration), skip_if_exists=True)
        study.optimize(self._tried, n_trials=search.trials, timeout=search.seconds)
        return tuple(self._trials)

    def _first(self) -> list[Configuration]:
        known = _known(self._space)
        first = [one for one in self._space.first if one.family in self._space.families]
        return [*(replace(known[0], family=one.family, settings=one.settings) for one in first), *known]

    def _tried(self, suggesting: Suggesting) -> float:
        import optuna

        self._tell_of(suggesting.number + 1)
        space, configuration = self._space, self._suggested(suggesting)
        rows = configuration.window.of(self._train)
        part = rows.take(np.arange(len(rows) - len(rows) // _FIRST_PART, len(rows)))
        if part.rarer > 0:
            early = _trial(configuration, part, self._validation, space)
            suggesting.report(early.value, 0)
            if suggesting.should_prune():
                self._trials.append(replace(early, given_up=True))
                raise optuna.TrialPruned
        self._trials.append(_trial(configuration, self._train, self._validation, space))
        return self._trials[-1].value

    def _tell_of(self, trial: int) -> None:
        search = self._space.search
        if search is not None and is_told(trial, search.trials):
            self._tell(f"trial {trial} of at most {search.trials}")

    def _suggested(self, suggesting: Suggesting) -> Configuration:
        space = self._space
        family = suggesting.suggest_categorical("family", space.families)
        window = suggesting.suggest_categorical("history", tuple(self._windows))
        settings = tuple((name, _setting(suggesting, family, name)) for name in _RANGES.get(family, ()))
        known, *_ = configurations((family,), space.keep_negatives, space.own)
        return space.asked(replace(known, settings=settings), self._windows[window])


def _setting(suggesting: Suggesting, family: str, name: str) -> float | int:
    low, high = _RANGES[family][name]
    key = f"{family}.{name}"
    if isinstance(low, int):
        return int(suggesting.suggest_int(key, low, high, log=True))
    return float(f"{suggesting.suggest_float(key, low, high, log=True):.3g}")


def _parameters(configuration: Configuration) -> dict[str, Any]:
    """A configuration as a search would have suggested it."""
    settings = {f"{configuration.family}.{name}": value for name, value in configuration.settings}
    return {"family": configuration.family, "history": configuration.window.name, **settings}
