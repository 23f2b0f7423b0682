"""Profiles of the answers to the events of a window, by the version that answered: of the model, with its policy."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np

from services.contracts.profile import profile_key
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.rows import Rows


class Profiled(Protocol):
    """What a profile is made of: the answers of one version, in the order of seq."""

    def update(self, seqs: Seqs, its: Rows) -> None:
        """Take in the answers that come next. seqs: their numbers."""
        ...

    def to_record(self) -> dict[str, Any]:
        """The numbers of a `driftmill.ProfileClosed`."""
        ...


P = TypeVar("P", bound=Profiled)


def report(draft: Draft, stream: str, window: int, make: Callable[[str], P]) -> None:
    """Write a window's profile of each version. make: begins the one of a version."""
    found: dict[str, P] = {}
    up_to_seq: dict[str, int] = {}
    for version, seqs, its in _by_version(draft, window):
        if version not in found:
            found[version] = make(version)
        found[version].update(seqs, its)
        up_to_seq[version] = int(seqs[-1])
    for version, made in sorted(found.items()):
        emit(draft, blank(draft, stream, window, version, up_to_seq[version]) | made.to_record())


def report_empty(draft: Draft, stream: str, window: int) -> None:
    """Report a window in which nothing lies, so that readers know that the partition is past it."""
    emit(draft, blank(draft, stream, window, "", -1))


def emit(draft: Draft, profile: dict[str, Any]) -> None:
    """Write a profile."""
    draft.emit("profiles", profile_key(profile), "ProfileClosed", profile)


def _by_version(draft: Draft, window: int) -> Iterator[tuple[str, Seqs, Rows]]:
    """Seqs and rows of the answers to the events of a window, some at a time, by the version of their model."""
    for seqs, found in draft.rows_in(window):
        models = found["model"]
        if (models == models[0]).all():  # mostly
            yield draft.models.texts[models[0]], seqs, found
            continue
        for number in np.unique(models).tolist():
            its = models == number
            yield draft.models.texts[number], seqs[its], found[its]


def blank(draft: Draft, stream: str, window: int, version: str, up_to_seq: int) -> dict[str, Any]:
    """A `driftmill.ProfileClosed` without its numbers."""
    return {
        "stream": stream,
        "window_start": window,
        "window_end": window + draft.policy.window,
        "version": version,
        "slice": "",
        "partition": draft.partition,
        "up_to_seq": up_to_seq,
        "rows": 0,
        "positives": 0,
        "correct": 0,
        "censored": 0,
        "fields": [],
        "errors": [],
        "decided": 0,
        "cost": None,
        "reliability": [],
        "pairs": [],
        "closed_at": draft.progress.boundary or 0,
    }
