"""Profiles of what was said of the events of a window, by who said it: the version of the model, with its policy.

Of two models that were asked of an event each has it in its profile, whichever answered: so the champion is watched as
ever while another answers for it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.contracts.profile import blank_profile, profile_key
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.besides import Besides, rows_beside
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.rows import Rows


class Profiled(Protocol):
    """What a profile is made of: what one version said, in the order of seq."""

    def update(self, seqs: Seqs, its: Rows) -> None:
        """Take in what was said next. seqs: numbers of the events."""
        ...

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        ...


P = TypeVar("P", bound=Profiled)


def report(draft: Draft, stream: str, window: int, make: Callable[[str, str], P]) -> None:
    """Write a window's profiles of each version: of its groups, then of all, by which readers know the groups to be
    whole. make: begins the one of a version and group, which is empty for all."""
    found: dict[tuple[str, str], P] = {}
    up_to_seq: dict[tuple[str, str], int] = {}
    beside: dict[tuple[str, str], int] = defaultdict(int)
    for version, whole in _by_version(draft, window):
        for group, part in _by_group(draft, whole):
            key = version, group
            if key not in found:
                found[key] = make(version, group)
            found[key].update(part.seqs, part.its)
            up_to_seq[key] = int(part.seqs[-1])
            beside[key] += int(np.count_nonzero(part.beside))
    for key, made in sorted(found.items(), key=lambda one: (one[0][0], one[0][1] == "", one[0][1])):
        version, group = key
        about = {"slice": group, "beside": beside[key]}
        emit(draft, blank(draft, stream, window, version, up_to_seq[key]) | about | made.to_record())


def report_empty(draft: Draft, stream: str, window: int) -> None:
    """Report a window in which nothing lies, so that readers know that the partition is past it."""
    emit(draft, blank(draft, stream, window, "", -1))


def emit(draft: Draft, profile: dict[str, Any]) -> None:
    """Write a profile."""
    draft.emit("profiles", profile_key(profile), "ProfileClosed", profile)


class _Part(NamedTuple):
    """Some rows in the order of seq. beside: those that another version answered."""

    seqs: Seqs
    its: Rows
    beside: NDArray[np.bool_]

    def of(self, chosen: NDArray[np.bool_]) -> "_Part":
        """Some of them."""
        return _Part(self.seqs[chosen], self.its[chosen], self.beside[chosen])


def _by_group(draft: Draft, part: _Part) -> Iterator[tuple[str, _Part]]:
    yield "", part
    for group, its in draft.groups.within(part.its, draft.policy.slices):
        yield group, part.of(its)


def _by_version(draft: Draft, window: int) -> Iterator[tuple[str, _Part]]:
    """What was said of the events of a window, some at a time, by the version of the model."""
    for seqs, its, others in draft.sides_in(window):
        part = _all_said(seqs, its, others)
        models = part.its["model"]
        if (models == models[0]).all():  # mostly
            yield draft.models.texts[models[0]], part
            continue
        for number in np.unique(models).tolist():
            yield draft.models.texts[number], part.of(models == number)


def _all_said(seqs: Seqs, its: Rows, others: Besides) -> _Part:
    there = others["present"] > 0
    if not there.any():
        return _Part(seqs, its, np.zeros(len(its), np.bool_))
    said = rows_beside(its[there], others[there])
    numbers = np.concatenate([seqs, seqs[there]])
    order = np.argsort(numbers, kind="stable")
    beside = np.arange(len(numbers)) >= len(seqs)
    return _Part(numbers[order], np.concatenate([its, said])[order], beside[order])


def blank(draft: Draft, stream: str, window: int, version: str, up_to_seq: int) -> dict[str, Any]:
    """A `driftmill.ProfileClosed` without its numbers."""
    about = {"version": version, "up_to_seq": up_to_seq, "closed_at": draft.progress.boundary or 0}
    return blank_profile(stream, window, window + draft.policy.window, draft.partition) | about
