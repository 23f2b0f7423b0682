"""The registry step: candidates are judged, requests are carried out, every move is a record with its evidence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from services.chassis.step import Waiting, take_all
from services.contracts.decision_policy import NO_POLICY
from services.contracts.entries import Entries
from services.contracts.manifest import CHAMPION_KEY
from services.contracts.record import Output, Record, Result
from services.contracts.release_name import ReleaseName
from services.registry.domain.acceptance import Verdict
from services.registry.domain.offer import Offer
from services.registry.domain.versions import (
    ACCEPTED,
    CANDIDATE,
    CHAMPION,
    REGISTRY,
    REJECTED,
    RETIRED,
    Version,
    Versions,
)

Move = Mapping[str, Any]
Judge = Callable[[Offer], Verdict]


class RegistryStep:
    """The only writer of model states. `judge` reads the candidate's file and manifest. approval: an accepted version
    waits for a person's word.

    It also tells the audit trail who applied which configuration, and who had whose rows erased, for `configs` and
    `requests` are written by people.
    """

    inputs: tuple[str, ...] = ("candidates", "requests", "configs")
    log: tuple[str, ...] = ("models.history",)
    digest = "registry-2"

    def __init__(self, judge: Judge, approval: bool) -> None:
        self._judge, self._approval = judge, approval

    def new_state(self, partition: int) -> Versions:
        return Versions()

    def load_state(self, partition: int, entries: Entries) -> Versions:
        return Versions.load(entries)

    def take(self, state: Versions, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        """One record at a time: each is judged by what the one before it led to."""
        return take_all(waiting, 1)

    def fold(self, state: Versions, batch: Sequence[Record]) -> None:
        state.apply([record.value for record in batch])

    def idle(self, state: Versions, now: int) -> None:
        return None

    def process(self, state: Versions, batch: Sequence[Record]) -> Result[list[Move]]:
        moves: list[Move] = []
        outputs: list[Output] = []
        for record in batch:
            made, notes = self._decide(state, record)
            moves += made
            outputs += notes
        candidates = {name: version.candidate for name, version in state.known.items()}
        candidates |= {move["version"]: move["candidate"] for move in moves if move["candidate"]}
        for number, move in enumerate(moves, state.sequence + 1):
            outputs += _published(move)
            outputs.append(_audited(move, number, candidates[move["version"]]["model_digest"]))
        outputs += _champion(state, moves, candidates)
        return Result(moves, outputs)

    def _decide(self, state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
        if record.kind == "driftmill.CandidateProposed":
            return self._judged(state, record)
        if record.kind == "driftmill.RollbackRequested":
            return _rolled_back(state, record)
        if record.kind == "driftmill.ReleaseDecided":
            return _decided(state, record)
        if record.kind == "driftmill.ConfigApplied":
            return [], [_applied(record)]
        if record.kind == "driftmill.ErasureRequested":
            return [], [_erased(record)]
        return [], []

    def _judged(self, state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
        candidate, champion = record.value, state.champion
        known = state.known.get(candidate["version"])
        if known is not None:
            return [], _offered_again(known, record)
        attempt = state.attempt(candidate["version"])
        verdict = self._judge(Offer(candidate, record.timestamp, champion, attempt, state.waiting))
        return self._moves(state, candidate, verdict), []

    def _moves(self, state: Versions, candidate: Mapping[str, Any], verdict: Verdict) -> list[Move]:
        champion = state.champion
        base = {"clock": candidate["clock"], "run_id": candidate["run_id"], "by": REGISTRY}
        criteria = [criterion.to_dict() for criterion in verdict.criteria]
        own = base | {"version": candidate["version"], "from_state": CANDIDATE, "candidate": dict(candidate)}
        if not verdict.accepted:
            failed = "; ".join(c.detail for c in verdict.criteria if not c.passed)
            return [own | {"to_state": REJECTED, "reason": failed, "criteria": criteria}]
        reason, replaced = "every criterion holds", f"replaced by {candidate['version']}"
        accepted = own | {"reason": reason, "criteria": criteria}
        superseded = _left(state.waiting, REJECTED, base, replaced)
        if self._approval:
            waits = accepted | {"to_state": ACCEPTED, "reason": f"{reason}; it waits for approval"}
            return [*superseded, waits]
        return [*superseded, *_left(champion, RETIRED, base, replaced), accepted | {"to_state": CHAMPION}]


def _offered_again(known: Version, record: Record) -> list[Output]:
    """The same candidate once more is nothing; another one under its name never replaces it, and is told of."""
    candidate = record.value
    if all(candidate.get(name) == known.candidate.get(name) for name in ("manifest", "policy")):
        return []
    reason = f"{known.name} was offered before with another manifest, and is {known.state}"
    evidence = {"model_digest": candidate["model_digest"]}
    audit_id, action = f"candidates-{record.offset}", "candidate refused"
    return [_audit(audit_id, REGISTRY, action, known.name, reason, candidate["clock"], evidence)]


def _left(version: Version | None, to_state: str, base: Mapping[str, Any], reason: str) -> list[Move]:
    """The move of a version that another one replaces, if there is one."""
    return [] if version is None else [_moved(version, to_state, base, reason)]


def _moved(version: Version, to_state: str, base: Mapping[str, Any], reason: str) -> Move:
    move = {"version": version.name, "from_state": version.state, "to_state": to_state, "reason": reason}
    return {**base, **move, "criteria": [], "candidate": None}


def _base(version: Version, by: str) -> Mapping[str, Any]:
    """What every move that a person asks for says."""
    return {"clock": version.candidate["clock"], "run_id": version.candidate["run_id"], "by": by}


def _decided(state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
    request, version = record.value, state.known.get(record.value["version"])
    if version is None or version.state != ACCEPTED:
        problem = "there is no such version" if version is None else f"it is {version.state}, and waits for nobody"
        action = "approval refused" if request["approved"] else "rejection refused"
        return [], [_note(record, action, request["version"], problem)]
    base = _base(version, request["by"])
    if not request["approved"]:
        return [_moved(version, REJECTED, base, request["reason"])], []
    if problem := _homeless(version, state.champion):
        return [], [_note(record, "approval refused", version.name, problem)]
    retired = _left(state.champion, RETIRED, _base(version, REGISTRY), f"replaced by {version.name}")
    return [*retired, _moved(version, CHAMPION, base, request["reason"])], []


def _homeless(version: Version, champion: Version | None) -> str:
    """Why a policy that waited has no model to decide for, empty if it has."""
    release = ReleaseName.of(version.name)
    if not release.is_refreshed or (champion is not None and ReleaseName.of(champion.name).model == release.model):
        return ""
    return f"it decides for {release.model}, which doesn't answer any more"


def _rolled_back(state: Versions, record: Record) -> tuple[list[Move], list[Output]]:
    request, champion = record.value, state.champion
    wanted = request["to_version"]
    target = state.previous() if wanted is None else state.known.get(wanted)
    problem = _rollback_problem(champion, target, wanted)
    if problem:
        return [], [_note(record, "rollback refused", wanted or "the previous champion", problem)]
    assert champion is not None
    base = _base(champion, request["by"])
    moves = _left(champion, RETIRED, base, request["reason"])
    if target is not None:
        moves.append(_moved(target, CHAMPION, base, request["reason"]))
    return moves, []


def _rollback_problem(champion: Version | None, target: Version | None, wanted: str | None) -> str:
    if champion is None:
        return "no model is champion: the baseline answers already"
    if wanted is not None and target is None:
        return f"there is no version {wanted}"
    if target is not None and target.state != RETIRED:
        return f"{target.name} is {target.state}: only a former champion can return"
    return ""


def _published(move: Move) -> list[Output]:
    value = {name: move[name] for name in ("version", "from_state", "to_state", "clock", "run_id", "by", "reason")}
    value |= {"criteria": move["criteria"], "candidate": move["candidate"]}
    return [Output("models.history", move["version"], "driftmill.ModelMoved", value)]


def _champion(state: Versions, moves: Sequence[Move], candidates: Mapping[str, Mapping[str, Any]]) -> list[Output]:
    """The compacted view after the moves: each moved version, and who is champion now."""
    outputs: list[Output] = []
    for number, move in enumerate(moves, state.sequence + 1):
        value = _view(candidates[move["version"]], move, number)
        outputs.append(Output("models", move["version"], "driftmill.ModelPublished", value))
    if moves and moves[-1]["to_state"] == CHAMPION:
        last = outputs[-1]
        outputs.append(Output("models", CHAMPION_KEY, last.kind, last.value))
    elif moves and moves[-1]["to_state"] == RETIRED:
        outputs.append(Output("models", CHAMPION_KEY, "driftmill.ModelPublished", None))
    return outputs


def _view(candidate: Mapping[str, Any], move: Move, sequence: int) -> dict[str, Any]:
    kept = ("model_uri", "model_digest", "manifest", "signature", "key_id")
    value = {name: candidate[name] for name in kept}
    value |= {name: candidate.get(name, nothing) for name, nothing in NO_POLICY.items()}
    return value | {
        "version": move["version"],
        "state": move["to_state"],
        "sequence": sequence,
        "clock": move["clock"],
    }


def _audited(move: Move, sequence: int, digest: str) -> Output:
    evidence = {"model_digest": digest, "criteria": move["criteria"]}
    action = f"{move['from_state']} → {move['to_state']}"
    return _audit(f"registry-{sequence}", move["by"], action, move["version"], move["reason"], move["clock"], evidence)


def _note(record: Record, action: str, subject: str, reason: str) -> Output:
    request = record.value
    return _audit(f"request-{request['request_id']}", request["by"], action, subject, reason, record.timestamp, {})


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
