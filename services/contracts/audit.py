"""What is told of an action: who did what to what, why, what shows it, and what it was before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from services.contracts.record import Output, Record

TOPIC = "audit"
KIND = "driftmill.AuditRecorded"
HEAD = "driftmill.AuditHeadSigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action, see AuditRecorded.avsc. record: topic, key and kind of the record that shows it. cause: the record
    that led to it. evidence: what else there is to say, as JSON can have it.
    """

    audit_id: str
    actor: str
    action: str
    subject: str
    reason: str
    clock: int
    before: str = ""
    after: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)
    cause: Record | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_output(self) -> Output:
        """As the trail holds it."""
        shown = {"record": dict(self.record)} if self.record else {}
        led = {} if self.cause is None else {"cause": {"topic": self.cause.topic, "offset": self.cause.offset}}
        value = {
            "audit_id": self.audit_id,
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "reason": self.reason,
            "clock": self.clock,
            "evidence": orjson.dumps({**shown, **led, **self.evidence}).decode(),
            "before": self.before,
            "after": self.after,
        }
        return Output(TOPIC, self.audit_id, KIND, value)


NOBODY = "nobody named"
"""Who asked where a request says none; it is refused where it can be."""


def named(by: str) -> str:
    """Who it was, as the trail tells it."""
    return by.strip() or NOBODY


def asked(
    request: Record, action: str, subject: str, reason: str, after: str = "", evidence: Mapping[str, Any] | None = None
) -> Output:
    """What comes of a record of `requests`. It has no clock of the pipeline: when it was appended says when."""
    return Action(
        audit_id=f"requests-{request.offset}",
        actor=named(request.value["by"]),
        action=action,
        subject=subject,
        reason=reason,
        clock=request.timestamp,
        after=after,
        record=shown_by(request.topic, request.key, request.kind),
        cause=request,
        evidence=evidence or {},
    ).to_output()


def shown_by(topic: str, key: str, kind: str) -> Mapping[str, str]:
    """Which record shows an action. kind: full name of its Avro record."""
    return {"topic": topic, "key": key, "kind": kind.rpartition(".")[2]}
