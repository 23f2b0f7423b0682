"""Profiles of pairs: what a version in flight and the one beside it said of the same events of a window."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from services.contracts.moments import Moments
from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.profile import FieldProfile
from services.contracts.release_name import ReleaseName
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.besides import TAKEN, Besides, rows_beside
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.judgement import JUDGES
from services.outcomes.domain.rows import LABEL, SCORE, YES, Rows
from services.outcomes.domain.window_profile import blank, emit

_WHOLE = ""
"""Name of all events together."""


class Sides(NamedTuple):
    """Rows of the same events as each of two models would have answered them. taken: those that the challenger did."""

    challenger: Rows
    other: Rows
    taken: NDArray[np.bool_]

    def of(self, chosen: NDArray[np.bool_]) -> "Sides":
        """Some of the rows."""
        return Sides(self.challenger[chosen], self.other[chosen], self.taken[chosen])


def sides(its: Rows, besides: Besides) -> Sides:
    """The sides of answers and of what stands beside them, in the order of seq."""
    beside, taken = rows_beside(its, besides), (besides["present"] & TAKEN) > 0
    return Sides(np.where(taken, its, beside), np.where(taken, beside, its), taken)


class Pairing(Protocol):
    """What a profile of pairs is made of."""

    def update(self, other: str, pair: Sides) -> None:
        """Take in the pairs with another version that come next."""
        ...

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        ...


def shadow(draft: Draft, window: int) -> None:
    """Report what was answered in a window, for each version that was in flight in it."""
    _report(draft, "shadow", window, lambda: Agreement(draft.policy.task))


def paired(draft: Draft, window: int) -> None:
    """Report how right both were in a window, for each version that was in flight in it."""
    _report(draft, "paired", window, lambda: Contest(draft.policy.task))


def _report(draft: Draft, stream: str, window: int, make: Callable[[], Pairing]) -> None:
    """One profile of all events, and one of each slice that holds some."""
    versions = draft.progress.flights.windows.get(window, ())
    found = {version: {_WHOLE: make()} for version in versions}
    up_to_seq = dict.fromkeys(versions, -1)
    for seqs, pair in _in(draft, window) if versions else ():
        for name, its in _groups(draft, pair):
            for version, other, chosen in _versions(draft, pair, its):
                found[version].setdefault(name, make()).update(other, pair.of(chosen))
                up_to_seq[version] = max(up_to_seq[version], int(seqs[chosen][-1]))
    for version, made in sorted(found.items()):
        empty = blank(draft, stream, window, version, up_to_seq[version])
        told = {name: one.to_record() for name, one in sorted(made.items())}
        whole = told.pop(_WHOLE)
        emit(draft, empty if up_to_seq[version] < 0 else empty | whole)
        for name, record in told.items():
            if record["rows"]:
                emit(draft, empty | record | {"slice": name, "fields": []})


def _groups(draft: Draft, pair: Sides) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield _WHOLE, np.ones(len(pair.taken), np.bool_)
    yield from draft.groups.within(pair.other, draft.policy.slices)


def _in(draft: Draft, window: int) -> Iterator[tuple[Seqs, Sides]]:
    for seqs, its, besides in draft.pairs_in(window):
        yield seqs, sides(its, besides)


def _versions(draft: Draft, pair: Sides, its: NDArray[np.bool_]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """The challenger and the other of each two models, whatever policies decided, and which of some rows are theirs."""
    models = np.array([ReleaseName.of(text).model for text in draft.models.texts])
    names = np.stack([models[pair.challenger["model"]], models[pair.other["model"]]], 1)
    for challenger, other in np.unique(names[its], axis=0).tolist():
        yield challenger, other, its & (names == (challenger, other)).all(1)


class Agreement:
    """What a challenger answered, and how it agreed with the others."""

    def __init__(self, task: LearningTask) -> None:
        self._task, self._field = task, FieldProfile(task.profiled)
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTS, 0))

    def update(self, other: str, pair: Sides) -> None:
        """Take in the pairs with another version that come next."""
        self._field.update_numbers(pair.challenger["score"])
        _add(self._counts[other], counts_of(pair, np.ones(len(pair.taken), np.int64), self._task))

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        pairs = [{"other": other} | _NO_LOSSES | counts for other, counts in sorted(self._counts.items())]
        return {"rows": sum(pair["rows"] for pair in pairs), "fields": [self._field.to_record()], "pairs": pairs}


class Contest:
    """How right a challenger and the others were where both answered and the truth is known.

    Each event counts as often as it stands for others, see Judgement.
    """

    def __init__(self, task: LearningTask) -> None:
        self._task, self._judge = task, JUDGES[task.kind]
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*_COUNTS, *_WRONG), 0))
        self._losses: dict[str, dict[str, Moments]] = defaultdict(lambda: {name: Moments() for name in _LOSSES})

    def update(self, other: str, pair: Sides) -> None:
        """Take in the pairs with another version that come next."""
        pair = pair.of((pair.challenger["present"] == SCORE | LABEL) & (pair.other["present"] == SCORE | LABEL))
        weight = pair.other["weight"].astype(np.int64)
        judged = [list(self._judge(side, None)) for side in (pair.challenger, pair.other)]
        wrong = [np.array([bool(one.wrong) for one in its], np.int64) for its in judged]
        # of several classes the probability of the decided one tells of itself only, so that being wrong counts
        squared = wrong if self._task.several else [np.array([one.squared for one in its]) for its in judged]
        absolute = [np.array([one.absolute for one in its]) for its in judged]
        difference = squared[1] - squared[0]
        columns = (*squared, *absolute, difference * difference)
        for moments, column in zip(self._losses[other].values(), columns, strict=True):
            moments.update(weight * column)
        counted = counts_of(pair, weight, self._task)
        _add(self._counts[other], counted | {name: int(weight @ its) for name, its in zip(_WRONG, wrong, strict=True)})

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        pairs = [
            {"other": other} | counts | {name: moments.sum for name, moments in self._losses[other].items()}
            for other, counts in sorted(self._counts.items())
            if counts["rows"]
        ]
        return {"rows": sum(pair["rows"] for pair in pairs), "pairs": pairs}


_COUNTS = ("rows", "answered", "failed", "positives", "other_positives", "disagreements")
_WRONG = ("wrong", "other_wrong")
_LOSSES = ("error", "other_error", "absolute", "other_absolute", "difference_squares")
_NO_LOSSES: dict[str, Any] = dict.fromkeys(_LOSSES, 0.0) | dict.fromkeys(_WRONG, 0)


def counts_of(pair: Sides, weight: NDArray[np.int64], task: LearningTask) -> dict[str, int]:
    """The counts of a PairSum; of several classes none is positive. weight: for how many events each stands."""
    mine, theirs = pair.challenger["decision"], pair.other["decision"]
    some_are_positive = not task.several
    counted = (
        np.ones(len(mine), np.bool_),
        pair.taken,
        pair.challenger["present"] & SCORE == 0,
        (mine == YES) & some_are_positive,
        (theirs == YES) & some_are_positive,
        (mine != theirs) & (mine > 0) & (theirs > 0),
    )
    return {name: int(weight @ its) for name, its in zip(_COUNTS, counted, strict=True)}


def _add(to: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        to[name] += count
