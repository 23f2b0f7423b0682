"""Facts of the registry as records: its log `models.history`, and the compacted view of it, `models`."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.contracts.decision_policy import NO_POLICY
from services.contracts.manifest import CHALLENGER_KEY, CHAMPION_KEY
from services.contracts.record import Output
from services.registry.domain.measured import MEASURED
from services.registry.domain.move import Move
from services.registry.domain.served import SERVED
from services.registry.domain.versions import CHAMPION, IN_FLIGHT, RETIRED, Versions

MOVED = "driftmill.ModelMoved"
_PUBLISHED = "driftmill.ModelPublished"
_OF_A_MOVE = (
    *("version", "from_state", "to_state", "clock", "run_id", "by", "reason", "criteria", "candidate"),
    *("share", "awaits"),
)
_KEPT = ("model_uri", "model_digest", "manifest", "signature", "key_id")


def logged(fact: Move) -> Output:
    """A move, or what was measured, as the log holds it."""
    if "to_state" not in fact:
        return Output("models.history", fact["version"], SERVED if "calls" in fact else MEASURED, fact)
    return Output("models.history", fact["version"], MOVED, {name: fact[name] for name in _OF_A_MOVE})


def viewed(state: Versions, moves: Sequence[Move], candidates: Mapping[str, Mapping[str, Any]]) -> list[Output]:
    """The view after the moves: each moved version, who is champion now, and who is in flight, where either changed."""
    values = [_view(candidates[move["version"]], move, number) for number, move in enumerate(moves, state.sequence + 1)]
    outputs = [Output("models", value["version"], _PUBLISHED, value) for value in values]
    if reigns := [value for value in values if value["state"] in (CHAMPION, RETIRED)]:
        outputs.append(_of(CHAMPION_KEY, reigns[-1], reigns[-1]["state"] == CHAMPION))
    if flights := _flights(moves, values):
        outputs.append(_of(CHALLENGER_KEY, flights[-1], flights[-1]["state"] in IN_FLIGHT))
    return outputs


def _flights(moves: Sequence[Move], values: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Views of versions that take flight, take a step, or leave it."""
    return [
        value
        for move, value in zip(moves, values, strict=True)
        if move["to_state"] in IN_FLIGHT or move["from_state"] in IN_FLIGHT
    ]


def _of(key: str, value: dict[str, Any], stands: bool) -> Output:
    return Output("models", key, _PUBLISHED, value if stands else None)


def _view(candidate: Mapping[str, Any], move: Move, sequence: int) -> dict[str, Any]:
    value = {name: candidate[name] for name in _KEPT}
    value |= {name: candidate.get(name, nothing) for name, nothing in NO_POLICY.items()}
    return value | {
        "version": move["version"],
        "state": move["to_state"],
        "sequence": sequence,
        "clock": move["clock"],
        "share": move["share"],
    }
