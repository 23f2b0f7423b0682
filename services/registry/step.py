"""The registry step: candidates are judged, requests are carried out, every move is a record with its evidence."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any

import orjson

from services.chassis.step import Waiting, take_all
from services.contracts.entries import Entries
from services.contracts.record import Output, Record, Result
from services.registry.domain.acceptance import Verdict
from services.registry.domain.measured import Measured, measured_of
from services.registry.domain.move import Move
from services.registry.domain.offer import Offer
from services.registry.domain.plan import Plan
from services.registry.domain.release import NEXT_DAY, accepted, day_begun, numbers_of, taken
from services.registry.domain.score_groups import ScoreGroups
from services.registry.domain.versions import CANDIDATE, REGISTRY, REJECTED, Version, Versions
from services.registry.domain.view import logged, viewed
from services.registry.domain.wish import Refused, asked_to_move, decided, rolled_back

_WISHES: Mapping[str, Callable[[Versions, Plan, Mapping[str, Any]], list[Move] | Refused]] = {
    "driftmill.MoveRequested": asked_to_move,
    "driftmill.ReleaseDecided": decided,
    "driftmill.RollbackRequested": rolled_back,
}

Judge = Callable[[Offer], Verdict]


class RegistryStep:
    """The only writer of model states. `judge` reads the candidate's file and manifest. plan: the way of an accepted
    version.

    It also tells the audit trail who applied which configuration, who had whose rows erased, and who built an image of
    which version, for `configs` and `requests` are written by people.
    """

    inputs: tuple[str, ...] = ("candidates", "requests", "configs", "profiles")
    log: tuple[str, ...] = ("models.history",)
    digest = "registry-3"

    def __init__(self, judge: Judge, plan: Plan) -> None:
        self._judge, self._plan = judge, plan

    def new_state(self, partition: int) -> Versions:
        return Versions(partitions=self._plan.partitions)

    def load_state(self, partition: int, entries: Entries) -> Versions:
        state = Versions.load(entries)
        state.partitions = self._plan.partitions
        return state

    def take(self, state: Versions, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        """One record at a time: each is judged by what the one before it led to. Profiles that nothing can follow from
        come together."""
        asked = {topic: side for topic, side in waiting.items() if topic != "profiles"}
        if found := take_all(asked, 1):
            return found
        profiles = waiting["profiles"].records if "profiles" in waiting else ()
        idle = sum(1 for _ in islice(takewhile(lambda one: not self._matters(state, one), profiles), limit))
        return take_all({"profiles": waiting["profiles"]}, idle or 1) if profiles else []

    def fold(self, state: Versions, batch: Sequence[Record]) -> None:
        state.apply([record.value for record in batch])

    def idle(self, state: Versions, now: int) -> None:
        return None

    def process(self, state: Versions, batch: Sequence[Record]) -> Result[list[Move]]:
        facts: list[Move] = []
        outputs: list[Output] = []
        for record in batch:
            made, notes = self._decide(state, record)
            facts += made
            outputs += notes
        moves = [fact for fact in facts if "to_state" in fact]
        candidates = {name: version.candidate for name, version in state.known.items()}
        candidates |= {move["version"]: move["candidate"] for move in moves if move["candidate"]}
        number = state.sequence
        for fact in facts:
            outputs.append(logged(fact))
            if "to_state" in fact:
                number += 1
                outputs.append(_audited(fact, number, candidates[fact["version"]]["model_digest"]))
        outputs += viewed(state, moves, candidates)
        return Result(facts, outputs)

    def _decide(self, state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
        if record.kind == "driftmill.CandidateProposed":
            return self._judged(state, record)
        if record.kind == "driftmill.ProfileClosed":
            return self._profiled(state, record.value), []
        if record.kind in _WISHES:
            made = _WISHES[record.kind](state, self._plan, record.value)
            return ([], [_note(record, made)]) if isinstance(made, Refused) else (made, [])
        return [], [_NOTES[record.kind](record)] if record.kind in _NOTES else []

    def _judged(self, state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
        candidate, champion = record.value, state.champion
        known = state.known.get(candidate["version"])
        if known is not None:
            return [], _offered_again(known, record)
        attempt = state.attempt(candidate["version"])
        verdict = self._judge(Offer(candidate, record.timestamp, champion, attempt, state.waiting))
        return self._moves(state, candidate, verdict), []

    def _profiled(self, state: Versions, profile: Mapping[str, Any]) -> list[Move]:
        version = state.flying
        if version is None:
            return day_begun(state, self._plan, profile["closed_at"])
        groups = ScoreGroups.of(numbers_of(version), self._plan.task)
        measured = self._measured(state, profile, groups)
        return [] if measured is None else taken(state, self._plan, measured)

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


def _offered_again(known: Version, record: Record) -> list[Output]:
    """The same candidate once more is nothing; another one under its name never replaces it, and is told of."""
    candidate = record.value
    if all(candidate.get(name) == known.candidate.get(name) for name in ("manifest", "policy")):
        return []
    reason = f"{known.name} was offered before with another manifest, and is {known.state}"
    evidence = {"model_digest": candidate["model_digest"]}
    audit_id, action = f"candidates-{record.offset}", "candidate refused"
    return [_audit(audit_id, REGISTRY, action, known.name, reason, candidate["clock"], evidence)]


def _audited(move: Move, sequence: int, digest: str) -> Output:
    evidence = {"model_digest": digest, "criteria": move["criteria"]}
    action = f"{move['from_state']} → {move['to_state']}"
    return _audit(f"registry-{sequence}", move["by"], action, move["version"], move["reason"], move["clock"], evidence)


def _note(record: Record, refused: Refused) -> Output:
    request, told = record.value, (refused.action, refused.subject, refused.why)
    return _audit(f"request-{request['request_id']}", request["by"], *told, record.timestamp, {})


def _applied(record: Record) -> Output:
    """A configuration has no clock of the pipeline: when it was appended says when."""
    value, evidence = record.value, {"digest": record.value["digest"]}
    audit_id, action = f"configs-{record.offset}", "configuration applied"
    return _audit(audit_id, value["by"], action, value["pipeline"], "", record.timestamp, evidence)


def _erased(record: Record) -> Output:
    """Whose rows they were is told by a salted digest only: who has the key can tell whether it is meant."""
    request = record.value
    evidence = {name: request[name] for name in ("entity", "salt", "digest")}
    subject = f"{request['entity']} {request['digest'][:16]}"
    audit_id, action = f"request-{request['request_id']}", "rows erased from the lake"
    return _audit(audit_id, request["by"], action, subject, request["reason"], record.timestamp, evidence)


def _built(record: Record) -> Output:
    """An image serves elsewhere, where nobody watches: the trail says of which version there are any."""
    request = record.value
    evidence = {name: request[name] for name in ("image", "digest")}
    audit_id, version = f"request-{request['request_id']}", request["version"]
    return _audit(audit_id, request["by"], "image built", version, "", record.timestamp, evidence)


def _audit(
    audit_id: str, actor: str, action: str, subject: str, reason: str, clock: int, evidence: Mapping[str, Any]
) -> Output:
    value = {
        "audit_id": audit_id,
        "actor": actor,
        "action": action,
        "subject": subject,
        "reason": reason,
        "clock": clock,
        "evidence": orjson.dumps(evidence).decode(),
    }
    return Output("audit", audit_id, "driftmill.AuditRecorded", value)


_NOTES: Mapping[str, Callable[[Record], Output]] = {
    "driftmill.ConfigApplied": _applied,
    "driftmill.ErasureRequested": _erased,
    "driftmill.ImageBuilt": _built,
}
"""What is told of what people do without the registry."""
