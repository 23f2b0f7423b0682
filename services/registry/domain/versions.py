"""The states of all model versions: a fold of `models.history`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import takewhile
from typing import Any

import msgpack

from services.contracts.audit_chain import Link, Trail
from services.contracts.baseline import BASELINE
from services.contracts.entries import Changes, Entries
from services.contracts.release_name import ReleaseName
from services.registry.domain.flight import Flight

_ALL, _FLIGHT = b"all", b"flight"
CANDIDATE, ACCEPTED, CHAMPION, RETIRED, REJECTED = "candidate", "accepted", "champion", "retired", "rejected"
SHADOW, CANARY = "shadow", "canary"
IN_FLIGHT = frozenset({SHADOW, CANARY})

REGISTRY = "registry"
"""Who moves versions unless a person asks for it."""

LEGAL = frozenset(
    {
        *((CANDIDATE, state) for state in (REJECTED, ACCEPTED, SHADOW, CANARY, CHAMPION)),
        *((ACCEPTED, state) for state in (REJECTED, SHADOW, CANARY, CHAMPION)),
        *((SHADOW, state) for state in (REJECTED, CANARY, CHAMPION)),
        *((CANARY, state) for state in (REJECTED, CANARY, CHAMPION)),
        (CHAMPION, RETIRED),
        (RETIRED, CHAMPION),
    }
)
"""Moves that a version may make. ACCEPTED waits: for a person's word, where the pipeline asks for one, or for its turn.
CANARY to CANARY is another share. RETIRED to CHAMPION is a rollback, which only people ask for. From REJECTED nothing
leads back."""


class IllegalMove(ValueError):
    """A move that the life of a model doesn't have."""


def content_of(candidate: Mapping[str, Any]) -> str:
    """What a candidate answers with, whatever its name: the digests of its file and of a policy that came after it."""
    policy = candidate.get("policy")
    return f"{candidate.get('model_digest', '')}{f':{sha256(policy).hexdigest()}' if policy else ''}"


@dataclass(slots=True)
class Version:
    """One version, a model with a policy: its ReleaseName, its state, what was proposed, and what it waits for while it
    is accepted, see ModelMoved.avsc."""

    name: str
    state: str
    candidate: Mapping[str, Any]
    awaits: str = ""

    @property
    def content(self) -> str:
        """What it answers with, see `content_of`."""
        return content_of(self.candidate)


@dataclass(slots=True)
class Versions:
    """All versions. sequence counts moves; refusals counts models rejected since the last was accepted.

    reigns: the champion, and before it the versions that were replaced, each by the next. One that was rolled back
    from isn't among them, so that rolling back again goes further back. left: people have left the last one, for
    the baseline unless another returns. tried: how many took flight since the last release of a model. released:
    the pipeline's clock at each release. crowned: contents of all that became champion, by whatever way. barred:
    those that were rolled back from flight, each with its version. flight: what was measured of the version that is
    in shadow or canary. partitions: how many report that. trail: how far the audit trail has come.
    """

    known: dict[str, Version] = field(default_factory=dict)
    reigns: list[str] = field(default_factory=list)
    sequence: int = 0
    refusals: int = 0
    left: bool = False
    tried: int = 0
    released: list[int] = field(default_factory=list)
    crowned: list[str] = field(default_factory=list)
    barred: dict[str, str] = field(default_factory=dict)
    flight: Flight | None = None
    trail: Trail = field(default_factory=Trail)
    partitions: int = field(default=1, compare=False)
    changed: bool = field(default=False, compare=False)

    @property
    def champion(self) -> Version | None:
        """The version that answers, if a learnt one does."""
        return next((version for version in self.known.values() if version.state == CHAMPION), None)

    @property
    def waiting(self) -> Version | None:
        """The version that waits for a person's word, if one does."""
        return next((version for version in self.known.values() if version.state == ACCEPTED), None)

    @property
    def flying(self) -> Version | None:
        """The version in shadow or canary, if there is one."""
        return self.known[self.flight.version] if self.flight else None

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

    def apply(self, facts: list[Mapping[str, Any]]) -> None:
        """Take over the records of `models.history`, and AuditHeadSigned, in order. Raises IllegalMove, which means
        that the history is broken."""
        self.changed = self.changed or bool(facts)
        for fact in facts:
            if "to_state" in fact:
                self._apply(fact)
            elif "hash" in fact:
                self.trail.take(Link(fact["sequence"], fact["audit_id"], bytes.fromhex(fact["hash"])))
            elif self.flight is not None and "stream" in fact:
                self.flight.take(fact, self.partitions)
            elif self.flight is not None and "calls" in fact:  # of a candidate's staging nothing follows
                self.flight.serve(fact)

    def _apply(self, move: Mapping[str, Any]) -> None:
        name, start, end = move["version"], move["from_state"], move["to_state"]
        known = self.known.get(name)
        if (start, end) not in LEGAL or (known.state if known else CANDIDATE) != start:
            raise IllegalMove(f"{name}: {start} → {end}, but it is {known.state if known else 'unknown'}")
        if end == CHAMPION and self.champion is not None:
            raise IllegalMove(f"{name}: {start} → {end}, but {self.champion.name} is champion")
        if end in IN_FLIGHT and self.flight is not None and self.flight.version != name:
            raise IllegalMove(f"{name}: {start} → {end}, but {self.flight.version} is in flight")
        if known is None:
            known = self.known[name] = Version(name, end, move["candidate"] or {})
        known.state, known.awaits = end, move.get("awaits", "")
        if end == CHAMPION:
            self._enthrone(known, start, move)
        elif end == RETIRED:
            self.left = move["by"] != REGISTRY
        if start == CANDIDATE and not ReleaseName.of(name).is_refreshed:
            self.refusals = self.refusals + 1 if end == REJECTED else 0
        self._fly(known, start, move)
        self.sequence += 1

    def _fly(self, version: Version, start: str, move: Mapping[str, Any]) -> None:
        """What a move means for the flight: its beginning, its next step, its end, or another one beside it."""
        flight, end = self.flight, version.state
        if flight is None:
            if end in IN_FLIGHT:
                self.tried += 1
                self.flight = Flight(version.name, end, move["share"], None, self.tried, self._answering)
        elif flight.version != version.name:
            if end in (CHAMPION, RETIRED):
                self.tried += 1
                flight.against, flight.attempt = self._answering, self.tried
        elif end in IN_FLIGHT:
            flight.state, flight.share, flight.since = end, move["share"], move["clock"]
        else:
            self.flight = None
            if end == REJECTED and (move["by"] != REGISTRY or move["criteria"]):
                self.barred[version.content] = version.name

    @property
    def _answering(self) -> str:
        """As answers name it: without its policy."""
        return ReleaseName.of(self.champion.name).model if self.champion else BASELINE

    def _enthrone(self, version: Version, start: str, move: Mapping[str, Any]) -> None:
        name = version.name
        self.crowned.append(version.content)
        if start != RETIRED:
            self.released.append(move["clock"])
        if start != RETIRED and not ReleaseName.of(name).is_refreshed:  # with another policy its model isn't new
            self.tried = 0
        if start != RETIRED and self.left:
            self.reigns.pop()
        if name in self.reigns:
            del self.reigns[self.reigns.index(name) :]
        self.reigns.append(name)
        self.left = False

    def copy(self) -> "Versions":
        """Equal, and changes on its own; what was proposed stays the same."""
        return replace(
            self,
            known={name: replace(version) for name, version in self.known.items()},
            reigns=[*self.reigns],
            released=[*self.released],
            crowned=[*self.crowned],
            barred={**self.barred},
            flight=self.flight and self.flight.copy(),
        )

    def changes(self) -> Changes:
        """Everything, if something changed since this was asked last: versions are few; of the trail what is new."""
        if not self.changed:
            return self.trail.changes()
        self.changed = False
        flight = msgpack.packb(self.flight.to_plain()) if self.flight else None
        return {_ALL: self.to_bytes(), _FLIGHT: flight, **self.trail.changes()}

    @classmethod
    def load(cls, entries: Entries) -> "Versions":
        """What told these entries."""
        data, flight = entries.get([_ALL, _FLIGHT])
        versions = cls() if data is None else cls.from_bytes(data)
        versions.trail = Trail.load(entries)
        if flight is not None:
            versions.flight = Flight.from_plain(msgpack.unpackb(flight, strict_map_key=False))
        return versions

    def to_bytes(self) -> bytes:
        """As MessagePack, all but the flight and the trail."""
        versions = [[one.name, one.state, dict(one.candidate), one.awaits] for one in self.known.values()]
        told = [self.reigns, self.sequence, self.refusals, self.left, self.tried]
        packed: bytes = msgpack.packb([versions, *told, self.released, self.crowned, self.barred])
        return packed

    @classmethod
    def from_bytes(cls, data: bytes) -> "Versions":
        """The same versions."""
        versions, *rest = msgpack.unpackb(data)
        return cls({version[0]: Version(*version) for version in versions}, *rest)
