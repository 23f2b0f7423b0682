"""The registry step: candidates are judged, requests are carried out, every move is a record with its evidence."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any

from services.chassis.step import Waiting, take_all
from services.contracts.audit import HEAD
from services.contracts.audit import KIND as AUDITED
from services.contracts.audit_chain import Link, head_of
from services.contracts.entries import Entries
from services.contracts.pipeline.metric import LATENCY
from services.contracts.record import Output, Record, Result
from services.registry.domain import audit
from services.registry.domain.acceptance import Verdict
from services.registry.domain.measured import Measured, measured_of
from services.registry.domain.move import Move
from services.registry.domain.offer import Offer
from services.registry.domain.plan import Plan
from services.registry.domain.release import NEXT_DAY, accepted, day_begun, numbers_of, taken
from services.registry.domain.score_groups import ScoreGroups
from services.registry.domain.served import SERVED, Measurement
from services.registry.domain.staging import STAGED
from services.registry.domain.versions import CANDIDATE, REGISTRY, REJECTED, Version, Versions
from services.registry.domain.view import logged, viewed
from services.registry.domain.wish import Refused, asked_to_move, decided, rolled_back

_WISHES: Mapping[str, Callable[[Versions, Plan, Mapping[str, Any]], list[Move] | Refused]] = {
    "driftmill.MoveRequested": asked_to_move,
    "driftmill.ReleaseDecided": decided,
    "driftmill.RollbackRequested": rolled_back,
}

_NOTES: Mapping[str, Callable[[Record], Output]] = {
    "driftmill.ConfigApplied": audit.applied,
    "driftmill.ErasureRequested": audit.erased,
    "driftmill.ImageBuilt": audit.built,
}
"""What is told of what people do without the registry."""

Judge = Callable[[Offer], Verdict]
Sign = Callable[[Link, int], Mapping[str, Any]]
"""From a link of the audit trail, and when Kafka appended its record, in microseconds, to its AuditHeadSigned."""


def unsigned(link: Link, appended_at: int) -> Mapping[str, Any]:
    """A head that nobody has signed, and nobody believes."""
    return head_of(link, appended_at) | {"signature": b"", "key_id": ""}


class RegistryStep:
    """The only writer of model states. `judge` reads the candidate's file and manifest. plan: the way of an accepted
    version.

    It also tells the audit trail who applied which configuration, who had whose rows erased, and who built an image of
    which version, for `configs` and `requests` are written by people. sign: makes the AuditHeadSigned of a link of it.
    """

    inputs: tuple[str, ...] = ("candidates", "requests", "configs", "profiles", "audit", "costs")
    log: tuple[str, ...] = ("models.history", "audit")
    digest = "registry-5"

    def __init__(self, judge: Judge, plan: Plan, sign: Sign = unsigned) -> None:
        self._judge, self._plan, self._sign = judge, plan, sign

    def new_state(self, partition: int) -> Versions:
        return Versions(partitions=self._plan.partitions)

    def load_state(self, partition: int, entries: Entries) -> Versions:
        state = Versions.load(entries)
        state.partitions = self._plan.partitions
        return state

    def take(self, state: Versions, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        """One record at a time: each is judged by what the one before it led to. What no move can follow from comes
        together: the audit trail, what serving cost, and most profiles."""
        if told := take_all(_only(waiting, "audit"), limit):
            return told
        asked = {topic: side for topic, side in waiting.items() if topic not in ("profiles", "costs")}
        if found := take_all(asked, 1) or take_all(_only(waiting, "costs"), limit):
            return found
        profiles = waiting["profiles"].records if "profiles" in waiting else ()
        idle = sum(1 for _ in islice(takewhile(lambda one: not self._matters(state, one), profiles), limit))
        return take_all({"profiles": waiting["profiles"]}, idle or 1) if profiles else []

    def fold(self, state: Versions, batch: Sequence[Record]) -> None:
        for link in state.trail.links([record.value for record in batch if record.kind == AUDITED]):
            if link is not None:
                state.trail.take(link)
        state.apply([record.value for record in batch if record.kind != AUDITED])

    def idle(self, state: Versions, now: int) -> None:
        return None

    def process(self, state: Versions, batch: Sequence[Record]) -> Result[list[Move]]:
        heads = self._heads(state, batch)
        facts: list[Move] = []
        outputs = [Output("audit.heads", head["audit_id"], HEAD, head) for head in heads]
        causes: list[Record] = []
        for record in batch:
            made, notes = self._decide(state, record)
            facts += made
            outputs += notes
            causes += [record] * len(made)
        return Result([*heads, *facts], [*outputs, *_told(state, facts, causes)])

    def _heads(self, state: Versions, batch: Sequence[Record]) -> list[Move]:
        """A signed head for each record that the trail goes on by; it depends on nothing but the record's place."""
        records = [record for record in batch if record.kind == AUDITED]
        links = state.trail.links([record.value for record in records])
        return [self._sign(link, one.timestamp) for link, one in zip(links, records, strict=True) if link is not None]

    def _decide(self, state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
        if record.kind == "driftmill.CandidateProposed":
            return self._judged(state, record)
        if record.kind == "driftmill.ProfileClosed":
            return self._profiled(state, record.value), []
        if record.kind == SERVED:
            return self._served(state, record.value), []
        if record.kind in _WISHES:
            made = _wished(state, self._plan, record)
            return ([], [audit.refused(record, made)]) if isinstance(made, Refused) else (made, [])
        return [], [_NOTES[record.kind](record)] if record.kind in _NOTES else []

    def _judged(self, state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
        candidate, champion = record.value, state.champion
        known = state.known.get(candidate["version"])
        if known is not None:
            return [], _offered_again(known, record)
        attempt = state.attempt(candidate["version"])
        verdict = self._judge(Offer(candidate, record.timestamp, champion, attempt, state.waiting))
        return self._moves(state, candidate, verdict), _staged(verdict, record)

    def _profiled(self, state: Versions, profile: Mapping[str, Any]) -> list[Move]:
        version = state.flying
        if version is None:
            return day_begun(state, self._plan, profile["closed_at"])
        groups = ScoreGroups.of(numbers_of(version), self._plan.task)
        measured = self._measured(state, profile, groups)
        return [] if measured is None else taken(state, self._plan, measured)

    def _served(self, state: Versions, measurement: Measurement) -> list[Move]:
        """What scoring took, if it is of the version in flight and anything may follow from it."""
        flight = state.flight
        is_asked = flight is not None and flight.version == measurement["version"] and LATENCY in self._plan.guards
        return [dict(measurement)] if is_asked else []

    def _matters(self, state: Versions, record: Record) -> bool:
        """Whether something may follow from a profile."""
        if state.flight is None:
            return state.waiting is not None and state.waiting.awaits == NEXT_DAY
        return record.kind == "driftmill.ProfileClosed" and self._measured(state, record.value, None) is not None

    def _measured(self, state: Versions, profile: Mapping[str, Any], groups: ScoreGroups | None) -> Measured | None:
        """What a profile says of the version in flight, if that is news."""
        flight = state.flight
        if flight is None or not self._plan.stages:
            return None
        measured = measured_of(profile, flight.version, groups)
        return measured if measured is not None and flight.wants(measured) else None

    def _moves(self, state: Versions, candidate: Mapping[str, Any], verdict: Verdict) -> list[Move]:
        criteria = [criterion.to_dict() for criterion in verdict.criteria]
        own: Move = {
            "clock": candidate["clock"],
            "run_id": candidate["run_id"],
            "by": REGISTRY,
            "version": candidate["version"],
            "from_state": CANDIDATE,
            "to_state": REJECTED,
            "reason": "every criterion holds",
            "criteria": criteria,
            "candidate": dict(candidate),
            "share": 0.0,
            "awaits": "",
        }
        if not verdict.accepted:
            return [{**own, "reason": "; ".join(c.detail for c in verdict.criteria if not c.passed)}]
        return accepted(state, self._plan, own)


def _only(waiting: Mapping[str, Waiting], topic: str) -> dict[str, Waiting]:
    return {name: side for name, side in waiting.items() if name == topic}


def _wished(state: Versions, plan: Plan, request: Record) -> list[Move] | Refused:
    value = request.value
    if not value["by"].strip():
        action = f"{request.kind.removeprefix('driftmill.')} refused"
        return Refused(action, value.get("version") or value["request_id"], "it doesn't say who asks")
    return _WISHES[request.kind](state, plan, value)


def _told(state: Versions, facts: Sequence[Move], causes: Sequence[Record]) -> list[Output]:
    """The facts in the log, each move in the audit trail too, and the view after them. causes: of each fact."""
    moves = [fact for fact in facts if "to_state" in fact]
    candidates = {name: version.candidate for name, version in state.known.items()}
    candidates |= {move["version"]: move["candidate"] for move in moves if move["candidate"]}
    shares = {state.flight.version: state.flight.share} if state.flight else {}
    number, outputs = state.sequence, list[Output]()
    for fact, cause in zip(facts, causes, strict=True):
        outputs.append(logged(fact))
        if "to_state" in fact:
            number, version = number + 1, fact["version"]
            outputs.append(audit.moved(fact, number, candidates[version], shares.get(version, 0.0), cause))
            shares[version] = fact["share"]
    return [*outputs, *viewed(state, moves, candidates)]


def _staged(verdict: Verdict, candidate: Record) -> list[Output]:
    """What serving took is no state of a version: it stands in the log beside its moves."""
    told = verdict.staged
    if told is None:
        return []
    reason = "; ".join(one.detail for one in verdict.criteria if not one.passed)
    return [Output("models.history", told["version"], STAGED, told), audit.staged(told, reason, candidate)]


def _offered_again(known: Version, record: Record) -> list[Output]:
    """The same candidate once more is nothing; another one under its name never replaces it, and is told of."""
    if all(record.value.get(name) == known.candidate.get(name) for name in ("manifest", "policy")):
        return []
    return [audit.offered_again(known, record)]
