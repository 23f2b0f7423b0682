"""What the registry tells the audit trail: its moves, what it refused, and what people did that others carry out."""

from collections.abc import Mapping
from typing import Any

from services.contracts.audit import Action, asked, named, shown_by
from services.contracts.record import Output, Record
from services.registry.domain.move import Move
from services.registry.domain.staging import STAGED
from services.registry.domain.versions import CANARY, CANDIDATE, REGISTRY, Version
from services.registry.domain.view import MOVED
from services.registry.domain.wish import Refused


def moved(move: Move, number: int, candidate: Mapping[str, Any], share: float, cause: Record) -> Output:
    """A move. number: which one of all. share: of the entities that the version answered before, if it was in canary.
    cause: what it follows from."""
    start, end = move["from_state"], move["to_state"]
    return Action(
        audit_id=f"registry-{number}",
        actor=move["by"],
        action=f"{start} → {end}",
        subject=move["version"],
        reason=move["reason"],
        clock=move["clock"],
        before="" if start == CANDIDATE else _state(start, share),
        after=_state(end, move["share"]),
        record=shown_by("models.history", move["version"], MOVED),
        cause=cause,
        evidence={"run_id": move["run_id"], "model_digest": candidate["model_digest"], "criteria": move["criteria"]},
    ).to_output()


def staged(told: Mapping[str, Any], reason: str, candidate: Record) -> Output:
    """How a candidate served recorded traffic. told: the CandidateStaged. reason: why it failed, empty if it didn't."""
    return Action(
        audit_id=f"staging-{told['version']}",
        actor=REGISTRY,
        action="staging passed" if told["passed"] else "staging failed",
        subject=told["version"],
        reason=reason,
        clock=told["clock"],
        record=shown_by("models.history", told["version"], STAGED),
        cause=candidate,
        evidence={name: told[name] for name in ("rows", "tries", "measured", "promised", "problem")},
    ).to_output()


def refused(request: Record, why: Refused) -> Output:
    """A request that nothing followed from."""
    return _asked(request, why.action, why.subject, why.why, "", {"asked": request.value["reason"]})


def erased(request: Record) -> Output:
    """Whose rows they were is told by a salted digest only: who has the key can tell whether it is meant."""
    value = request.value
    told = {name: value[name] for name in ("entity", "salt", "digest")}
    subject = f"{value['entity']} {value['digest'][:16]}"
    after = f"no rows of events before seq {value['end_seq']}"
    return _asked(request, "rows erased from the lake", subject, value["reason"], after, told)


def built(request: Record) -> Output:
    """An image serves elsewhere, where nobody watches: the trail says of which version there are any."""
    evidence = {name: request.value[name] for name in ("image", "digest")}
    return _asked(request, "image built", request.value["version"], "", request.value["digest"], evidence)


def applied(config: Record) -> Output:
    """A configuration has no clock of the pipeline: when it was appended says when."""
    value = config.value
    return Action(
        audit_id=f"configs-{config.offset}",
        actor=named(value["by"]),
        action="configuration applied",
        subject=value["pipeline"],
        reason="",
        clock=config.timestamp,
        before=value.get("replaces", ""),
        after=value["digest"],
        record=shown_by(config.topic, config.key, config.kind),
        cause=config,
        evidence={"digest": value["digest"]},
    ).to_output()


def offered_again(known: Version, offered: Record) -> Output:
    """Another candidate under the name of one that is known, which it never replaces."""
    return Action(
        audit_id=f"candidates-{offered.offset}",
        actor=REGISTRY,
        action="candidate refused",
        subject=known.name,
        reason=f"{known.name} was offered before with another manifest, and is {known.state}",
        clock=offered.value["clock"],
        record=shown_by(offered.topic, offered.key, offered.kind),
        cause=offered,
        evidence={"run_id": offered.value["run_id"], "model_digest": offered.value["model_digest"]},
    ).to_output()


def _asked(request: Record, action: str, subject: str, reason: str, after: str, evidence: Mapping[str, Any]) -> Output:
    return asked(request, action, subject, reason, after, {"request_id": request.value["request_id"], **evidence})


def _state(state: str, share: float) -> str:
    return f"{state} at {share:.0%}" if state == CANARY else state
