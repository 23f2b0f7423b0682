"""Learners whose files are refused by run after run: they are tried each time, and can never be served."""

import json
from collections.abc import Mapping
from typing import Any

from services.monitoring.domain.alert import Cleared, Fact, Raised, Reason, alert_id

FINISHED = "driftmill.RunFinished"

ALWAYS = 3
"""Runs in a row that made a learner's file and refused it."""

_KIND = "learner"


class Refusals:
    """A fold of the ends of runs. An alert ends when the learner's file is taken, or when it isn't tried any more."""

    def __init__(self, pipeline: str) -> None:
        self._pipeline = pipeline
        self._times: dict[str, int] = {}
        self._open: dict[str, Raised] = {}

    def update(self, finished: Mapping[str, Any]) -> list[Fact]:
        """Take in a RunFinished."""
        report, clock = json.loads(finished["report"] or b"{}"), int(finished["clock"])
        refused: Mapping[str, str] = report.get("refused", {})
        facts = [fact for name in sorted(self._times.keys() - refused) for fact in self._over(name, report, clock)]
        for name, why in refused.items():
            self._times[name] = self._times.get(name, 0) + 1
            if self._times[name] == ALWAYS:
                self._open[name] = self._raised(name, why, clock)
                facts.append(self._open[name])
        return facts

    def open(self) -> list[Raised]:
        """Alerts that stand."""
        return list(self._open.values())

    def _raised(self, name: str, why: str, clock: int) -> Raised:
        message = f"{name} can't be served, {ALWAYS} runs in a row have refused its file: {why}"
        named = alert_id(self._pipeline, _KIND, name, "", clock)
        return Raised(named, _KIND, name, "", clock, float(ALWAYS), float(ALWAYS), None, message)

    def _over(self, name: str, report: Mapping[str, Any], clock: int) -> list[Fact]:
        """What follows for a learner that this run didn't refuse; nothing where its file wasn't made."""
        released, trials = report.get("learner"), report.get("trials", ())
        reason: Reason
        if released is not None and _named(released) == name:
            reason = "recovered"
        elif trials and name not in map(_named, trials):
            reason = "superseded"
        else:
            return []
        del self._times[name]
        alert = self._open.pop(name, None)
        return [] if alert is None else [Cleared(alert.alert_id, clock, reason)]


def _named(learner: Mapping[str, Any]) -> str:
    """As runs name those that they refuse: the family, or the ensemble with its members."""
    members = ", ".join(member["family"] for member in learner.get("members", ()))
    return f"{learner['family']}({members})" if members else str(learner["family"])
