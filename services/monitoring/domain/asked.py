"""What people ask of alerts: that one is taken on, that some are silent for a while."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.contracts.alert_life import ACKNOWLEDGED, CLEARED, RAISED, SILENCED

ACKNOWLEDGE = "driftmill.AcknowledgementRequested"
SILENCE = "driftmill.SilenceRequested"


@dataclass(frozen=True, slots=True)
class Done:
    """kind, value: the record of `alerts` that follows from a request."""

    kind: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotDone:
    """A request that was refused: what, of which subject, and why."""

    action: str
    subject: str
    reason: str


@dataclass(slots=True)
class Asked:
    """A fold of `alerts`: which stand, which requests were answered."""

    open: dict[str, str] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    def told(self, kind: str, value: Mapping[str, Any]) -> None:
        """Take in a record of `alerts`."""
        if kind == RAISED:
            self.open.setdefault(value["alert_id"], f"{value['kind']}/{value['name']}")
        elif kind == CLEARED:
            self.over.add(value["alert_id"])
        elif kind in (ACKNOWLEDGED, SILENCED):
            self.answered.add(value["request_id"])

    def answer(self, kind: str, request: Mapping[str, Any], clock: int) -> Done | NotDone | None:
        """What follows from a request at a time of the pipeline's clock; nothing from a repeat, nor from others."""
        if request.get("request_id") in self.answered or kind not in (ACKNOWLEDGE, SILENCE):
            return None
        if not request["by"].strip():
            subject = request.get("alert_id") or request["kind"]
            return NotDone("request refused", subject, "it doesn't say who asks")
        who = {name: request[name] for name in ("request_id", "by", "reason")} | {"clock": clock}
        return self._acknowledged(request, who) if kind == ACKNOWLEDGE else _silenced(request, who)

    def _acknowledged(self, request: Mapping[str, Any], who: dict[str, Any]) -> Done | NotDone:
        alert_id = request["alert_id"]
        subject = self.open.get(alert_id)
        if subject is None or alert_id in self.over:
            why = "there is no such alert" if subject is None else "the alert is over"
            return NotDone("acknowledgement refused", alert_id, why)
        return Done(ACKNOWLEDGED, who | {"alert_id": alert_id})


def _silenced(request: Mapping[str, Any], who: dict[str, Any]) -> Done:
    until = who["clock"] + max(0, int(request["length"]))
    return Done(SILENCED, who | {"kind": request["kind"], "name": request["name"], "until": until})
