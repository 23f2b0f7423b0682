"""The states of all model versions: a fold of `models.history`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import msgpack

from services.contracts.entries import Changes, Entries
from services.contracts.release_name import ReleaseName

_ALL = b"all"
CANDIDATE, ACCEPTED, CHAMPION, RETIRED, REJECTED = "candidate", "accepted", "champion", "retired", "rejected"

REGISTRY = "registry"
"""Who moves versions unless a person asks for it."""

LEGAL = frozenset(
    {
        *((CANDIDATE, state) for state in (REJECTED, ACCEPTED, CHAMPION)),
        *((ACCEPTED, state) for state in (REJECTED, CHAMPION)),
        (CHAMPION, RETIRED),
        (RETIRED, CHAMPION),
    }
)
"""Moves that a version may make. ACCEPTED waits for a person's word, where the pipeline asks for one. RETIRED to
CHAMPION is a rollback, which only people ask for."""


class IllegalMove(ValueError):
    """A move that the life of a model doesn't have."""


@dataclass(slots=True)
class Version:
    """One version, a model with a policy: its ReleaseName, its state and what was proposed."""

    name: str
    state: str
    candidate: Mapping[str, Any]


@dataclass(slots=True)
class Versions:
    """All versions. sequence counts moves; refusals counts models rejected since the last was accepted.

    reigns: the champion, and before it the versions that were replaced, each by the next. One that was rolled back from
    isn't among them, so that rolling back again goes further back. left: people have left the last one, for the
    baseline unless another returns.
    """

    known: dict[str, Version] = field(default_factory=dict)
    reigns: list[str] = field(default_factory=list)
    sequence: int = 0
    refusals: int = 0
    left: bool = False
    changed: bool = field(default=False, compare=False)

    @property
    def champion(self) -> Version | None:
        """The version that answers, if a learnt one does."""
        return next((version for version in self.known.values() if version.state == CHAMPION), None)

    @property
    def waiting(self) -> Version | None:
        """The version that waits for a person's word, if one does."""
        return next((version for version in self.known.values() if version.state == ACCEPTED), None)

    def previous(self) -> Version | None:
        """The champion that the present one replaced."""
        return self.known[self.reigns[-2]] if len(self.reigns) > 1 else None

    def attempt(self, name: str) -> int:
        """How many candidates, with this one, were judged since the last was accepted; of policies: of one model."""
        release = ReleaseName.of(name)
        if not release.is_refreshed:
            return self.refusals + 1
        earlier = [version for version in self.known.values() if ReleaseName.of(version.name).model == release.model]
        return 1 + sum(1 for _ in takewhile(lambda version: version.state == REJECTED, reversed(earlier)))

    def apply(self, moves: list[Mapping[str, Any]]) -> None:
        """Take over ModelMoved records, in order. Raises IllegalMove, which means that the history is broken."""
        self.changed = self.changed or bool(moves)
        for move in moves:
            self._apply(move)

    def _apply(self, move: Mapping[str, Any]) -> None:
        name, start, end = move["version"], move["from_state"], move["to_state"]
        known = self.known.get(name)
        if (start, end) not in LEGAL or (known.state if known else CANDIDATE) != start:
            raise IllegalMove(f"{name}: {start} → {end}, but it is {known.state if known else 'unknown'}")
        if end == CHAMPION and self.champion is not None:
            raise IllegalMove(f"{name}: {start} → {end}, but {self.champion.name} is champion")
        if known is None:
            self.known[name] = Version(name, end, move["candidate"] or {})
        else:
            known.state = end
        if end == CHAMPION:
            self._enthrone(name, start)
        elif end == RETIRED:
            self.left = move["by"] != REGISTRY
        if start == CANDIDATE and not ReleaseName.of(name).is_refreshed:
            self.refusals = self.refusals + 1 if end == REJECTED else 0
        self.sequence += 1

    def _enthrone(self, name: str, start: str) -> None:
        if start != RETIRED and self.left:
            self.reigns.pop()
        if name in self.reigns:
            del self.reigns[self.reigns.index(name) :]
        self.reigns.append(name)
        self.left = False

    def changes(self) -> Changes:
        """Everything, if something changed since this was asked last: versions are few."""
        changed, self.changed = self.changed, False
        return {_ALL: self.to_bytes()} if changed else {}

    @classmethod
    def load(cls, entries: Entries) -> "Versions":
        """What told these entries."""
        (data,) = entries.get([_ALL])
        return cls() if data is None else cls.from_bytes(data)

    def to_bytes(self) -> bytes:
        """As MessagePack."""
        versions = [[version.name, version.state, dict(version.candidate)] for version in self.known.values()]
        packed: bytes = msgpack.packb([versions, self.reigns, self.sequence, self.refusals, self.left])
        return packed

    @classmethod
    def from_bytes(cls, data: bytes) -> "Versions":
        """The same versions."""
        versions, *rest = msgpack.unpackb(data)
        return cls({name: Version(name, state, candidate) for name, state, candidate in versions}, *rest)
