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
from services.training.domain.decision import alert_threshold, decision_threshold
from services.training.domain.ensemble import fit
from services.training.domain.learner import Configuration, Make, configurations
from services.training.domain.median_rule import MedianRule
from services.training.domain.metric import value
from services.training.domain.progress import Tell, is_told, silent
from services.training.domain.window import Window
from services.training.domain.workers import ALONE, Workers

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
    "isolation_forest": {"max_samples": (256, 4096), "n_estimators": (50, 200)},
}
"""Of each family's settings, searched in their logarithm; whole numbers where both ends are."""

_FIRST_PART = 4
"""A configuration is first tried on the newest of so many parts of the rows, and given up if it is worse there than the
middle one of those before it."""

_UNINFORMED = 10
"""So many configurations are asked for before the answers to any count: at once or in turn, they are the same."""


@dataclass(frozen=True, slots=True)
class Search:
    """At most `trials` configurations; no further one begins after `seconds` of wall time, None: whenever. at_once: so
    many are asked for before the first of them is answered."""

    trials: int
    seconds: float | None
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Space:
    """What may be tried, and how it is judged. search: None for each family's known settings; first: what it begins
    with, the champion's say. ensembles: how several are joined (voting, stacking), and families. own: what builds
    families of the user's. seed: of learners and of the search. at_most: so many may be decided positive.
    alert_rate: so large a share of clean rows may be, where there are no labels."""

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
    alert_rate: float | None = None

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


def tried(
    train: Rows, validation: Rows, space: Space, tell: Tell = silent, workers: Workers = ALONE
) -> tuple[Trial, ...]:
    """Every trial in its order, ensembles of the best of their families last. Without a limit of time the same
    arguments give the same ones, whoever works on them."""
    if space.search is not None:
        alone = _Searching(train, validation, space, tell, workers).run(space.search)
    else:
        tell(f"trying {' and '.join(space.families)}")
        alone = _trials(_known(space), train, validation, space, workers)
    joined = _ensembles(alone, space)
    if joined:
        tell(f"trying {' and '.join(one.family for one in joined)} of the best")
    return alone + _trials(joined, train, validation, space, workers)


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


def _trials(
    configurations: Sequence[Configuration], train: Rows, validation: Rows, space: Space, workers: Workers
) -> tuple[Trial, ...]:
    """What came back from workers is about copies: the configurations stay those that were asked for."""
    found = workers.each(_trial, configurations, train, validation, space)
    return tuple(replace(trial, configuration=one) for trial, one in zip(found, configurations, strict=True))


def _early(configuration: Configuration, train: Rows, validation: Rows, space: Space) -> Trial | None:
    """A trial on the newest part of the rows; None where they are of one class."""
    rows = configuration.window.of(train)
    part = rows.take(np.arange(len(rows) - len(rows) // _FIRST_PART, len(rows)))
    return _trial(configuration, part, validation, space) if part.rarer > 0 else None


def _trial(configuration: Configuration, train: Rows, validation: Rows, space: Space) -> Trial:
    """validation: each row as often as it stands for events."""
    scores = fit(configuration, train, space.seed).scores(validation.inputs)
    label, costs = validation.label, validation.costs
    if space.alert_rate is not None:
        threshold = alert_threshold(label, scores, space.alert_rate)
    else:
        most = math.inf if space.at_most is None else allowance(validation, space.at_most)
        threshold = decision_threshold(space.optimise, label, scores, costs, most)
    return Trial(configuration, value(space.optimise, label, scores, threshold, costs), threshold)


Study: TypeAlias = Any
Suggesting: TypeAlias = Any
"""An Optuna study and one of its trials: the library is loaded where a search is asked for, and by nobody else."""


class _Searching:
    """Optuna's tree-structured Parzen estimator (Bergstra et al. 2011), begun with what is known to do well.

    What is asked for, and what is given up, depends on `at_once` and not on who works on it: the first configurations
    don't depend on each other's answers, so that many of them may be worked on at a time without any change.
    """

    def __init__(self, train: Rows, validation: Rows, space: Space, tell: Tell, workers: Workers) -> None:
        self._train, self._validation, self._space = train, validation, space
        self._tell, self._workers = tell, workers
        self._windows = {window.name: window for window in space.windows}
        self._trials: list[Trial] = []
        self._rule = MedianRule(space.optimise)

    def run(self, search: Search) -> tuple[Trial, ...]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            direction="minimize" if self._space.optimise in LOWER_IS_BETTER else "maximize",
            sampler=optuna.samplers.TPESampler(seed=self._space.seed, n_startup_trials=_UNINFORMED),
        )
        for configuration in self._first():
            study.enqueue_trial(_parameters(configuration), skip_if_exists=True)
        while len(self._trials) < search.trials and not _is_over(study, search):
            self._try(study, self._count(search))
        return tuple(self._trials)

    def _first(self) -> list[Configuration]:
        known = _known(self._space)
        first = [one for one in self._space.first if one.family in self._space.families]
        return [*(replace(known[0], family=one.family, settings=one.settings) for one in first), *known]

    def _count(self, search: Search) -> int:
        """How many are tried next: while none knows of the others, as many as there are workers for."""
        begun, most = len(self._trials), max(search.at_once, self._workers.count)
        count = search.at_once if begun >= _UNINFORMED else min(most, _UNINFORMED - begun)
        return min(count, search.trials - begun)

    def _try(self, study: Study, count: int) -> None:
        """Ask for so many configurations, try them, and answer in the order in which they were asked for."""
        asked = [self._asked(study) for _ in range(count)]
        shared = self._train, self._validation, self._space
        parts = self._workers.each(_early, [configuration for _, configuration in asked], *shared)
        going_on = [not self._rule.gives_up(None if part is None else part.value) for part in parts]
        left = [configuration for (_, configuration), goes_on in zip(asked, going_on, strict=True) if goes_on]
        whole = iter(_trials(left, *shared, self._workers))
        for (suggesting, configuration), part, goes_on in zip(asked, parts, going_on, strict=True):
            given_up = None if goes_on or part is None else replace(part, configuration=configuration, given_up=True)
            self._trials.append(given_up or next(whole))
            _answer(study, suggesting, part, self._trials[-1])

    def _asked(self, study: Study) -> tuple[Suggesting, Configuration]:
        suggesting = study.ask()
        self._tell_of(suggesting.number + 1)
        return suggesting, self._suggested(suggesting)

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


def _is_over(study: Study, search: Search) -> bool:
    """Whether its time is, by Optuna's notes of when the first trial began and the last one ended."""
    trials = [one for one in study.get_trials(deepcopy=False) if one.state.is_finished()]
    if search.seconds is None or not trials:
        return False
    return bool((trials[-1].datetime_complete - trials[0].datetime_start).total_seconds() >= search.seconds)


def _answer(study: Study, suggesting: Suggesting, part: Trial | None, trial: Trial) -> None:
    import optuna

    if part is not None:
        suggesting.report(part.value, 0)
    if trial.given_up:
        study.tell(suggesting, state=optuna.trial.TrialState.PRUNED)
    else:
        study.tell(suggesting, trial.value)


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
