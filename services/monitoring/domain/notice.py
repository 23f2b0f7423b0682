"""What people are to be told of by now: of each cause and channel at most once a severity, and that it is over."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.contracts.alert_life import SEVERITIES, Life, Lives, rank


@dataclass(frozen=True, slots=True)
class Rule:
    """Channel `to` is told of alerts at least so severe, of some kinds or, if there are none, of all."""

    to: str
    severity: str = "info"
    kinds: frozenset[str] = frozenset()

    def loudness(self, lives: Lives, life: Life) -> int:
        """How severe the alert is for this channel; -1 where the rule isn't about it."""
        if self.kinds and life.raised["kind"] not in self.kinds:
            return -1
        level = lives.audible(life)
        return level if level >= rank(self.severity) else -1


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one channel. alerts: ids, the most severe first. clock: of the newest of what it tells."""

    notification_id: str
    cause: str
    to: str
    severity: str
    over: bool
    alerts: tuple[str, ...]
    clock: int

    def to_record(self, state: str, attempts: int, detail: str) -> dict[str, Any]:
        """The `driftmill.AlertNotified`."""
        return {
            "notification_id": self.notification_id,
            "cause": self.cause,
            "to": self.to,
            "severity": self.severity,
            "over": self.over,
            "alerts": list(self.alerts),
            "clock": self.clock,
            "state": state,
            "attempts": attempts,
            "detail": detail,
        }


@dataclass(slots=True)
class _Heard:
    """What a channel has of a cause. level: the greatest severity that was sent or given up, -1 for none. waits: one
    is due that the channel didn't take."""

    level: int = -1
    sent: bool = False
    waits: bool = False
    over: bool = False


@dataclass(slots=True)
class Notices:
    """A fold of `notifications`. What is raised and over before anybody could be told is not told of."""

    pipeline: str
    heard: dict[tuple[str, str], _Heard] = field(default_factory=dict)

    def apply(self, value: Mapping[str, Any]) -> None:
        """Take in an AlertNotified."""
        heard = self.heard.setdefault((value["cause"], value["to"]), _Heard())
        heard.waits = value["state"] == "waiting"
        heard.sent = heard.sent or value["state"] == "sent"
        if not heard.waits:
            heard.level = max(heard.level, rank(value["severity"]))
            heard.over = heard.over or value["over"]

    def due(self, lives: Lives, rules: Sequence[Rule]) -> list[Notice]:
        """What is to be told now, in the order in which the causes began."""
        channels = dict.fromkeys(rule.to for rule in rules)
        return [
            notice
            for cause, members in lives.causes()
            for to in channels
            if (notice := self._due(lives, cause, members, [rule for rule in rules if rule.to == to])) is not None
        ]

    def _due(self, lives: Lives, cause: str, members: list[Life], rules: list[Rule]) -> Notice | None:
        heard = self.heard.get((cause, rules[0].to), _Heard())
        loudness = {life.alert_id: max(rule.loudness(lives, life) for rule in rules) for life in members}
        if all(not life.is_open for life in members):
            is_due = (heard.sent or heard.waits) and not heard.over
            told = [life for life in members if loudness[life.alert_id] >= 0] or members
            return self._notice(cause, rules[0].to, max(heard.level, 0), True, told) if is_due else None
        level = max(loudness[life.alert_id] for life in members if life.is_open)
        if level <= heard.level:
            return None
        told = [life for life in members if life.is_open and loudness[life.alert_id] >= 0]
        told.sort(key=lambda life: -loudness[life.alert_id])
        return self._notice(cause, rules[0].to, level, False, told)

    def _notice(self, cause: str, to: str, level: int, over: bool, told: list[Life]) -> Notice:
        severity = SEVERITIES[level]
        subject = "\0".join((self.pipeline, cause, to, severity, "over" if over else ""))
        return Notice(
            notification_id=hashlib.sha256(subject.encode()).hexdigest()[:32],
            cause=cause,
            to=to,
            severity=severity,
            over=over,
            alerts=tuple(life.alert_id for life in told),
            clock=max(life.clock for life in told),
        )
