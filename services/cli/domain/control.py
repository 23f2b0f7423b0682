"""What the control plane recorded: datasets, runs, moves, alerts, requests, audit trail; by what each is about."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from services.contracts.alert_life import Life, Lives
from services.contracts.datasets import Told, datasets
from services.contracts.record import Record, Value

TOPICS = ("configs", "datasets", "runs", "models.history", "requests", "alerts", "audit")
"""Topics that it is read from."""


@dataclass(frozen=True)
class Control:
    """records: of each of TOPICS, whole and in order."""

    records: Mapping[str, Sequence[Record]]

    @cached_property
    def known(self) -> list[Told]:
        """All datasets with their runs, in the order of their clocks."""
        return datasets(self.records["datasets"], self.records["runs"])

    @cached_property
    def alerts(self) -> list[Life]:
        """In the order in which they were raised."""
        lives = Lives()
        for record in self.records["alerts"]:
            lives.apply(record.kind, record.value)
        return list(lives.alerts.values())

    def moves(self, version: str) -> list[Value]:
        """All moves of a version, in order."""
        records = self.records["models.history"]
        return [r.value for r in records if r.kind == "driftmill.ModelMoved" and r.value["version"] == version]

    def versions(self) -> dict[str, Value]:
        """The newest move of each version."""
        return {r.value["version"]: r.value for r in self.records["models.history"] if r.kind == "driftmill.ModelMoved"}

    def candidate(self, version: str) -> Value | None:
        """What was proposed as a version, as the registry admitted it; None of a version that it doesn't know."""
        offered = (move["candidate"] for move in self.moves(version))
        return next((one for one in offered if one is not None), None)

    def manifest(self, version: str) -> Mapping[str, Any] | None:
        """What is said of a version; None of one that the registry doesn't know."""
        candidate = self.candidate(version)
        found: dict[str, Any] | None = None if candidate is None else orjson.loads(candidate["manifest"])
        return found

    def run(self, run_id: str) -> tuple[Value | None, Value | None]:
        """Start and end of a run, as far as they are recorded."""
        its = {r.kind: r.value for r in self.records["runs"] if r.value["run_id"] == run_id}
        return its.get("driftmill.RunStarted"), its.get("driftmill.RunFinished")

    def requests(self, version: str, ids: Collection[str]) -> list[Record]:
        """What people asked about a version, and what was asked under some ids."""
        return [
            record
            for record in self.records["requests"]
            if record.value.get("version") == version
            or record.value.get("to_version") == version
            or record.value["request_id"] in ids
        ]

    def config(self, digest: str) -> Record | None:
        """The configuration with a digest, when it was applied first."""
        return next((r for r in self.records["configs"] if r.value.get("digest") == digest), None)

    def audits(self, subjects: Collection[str], configs: Collection[str] = ()) -> list[Value]:
        """What the audit trail has about some subjects, and of the application of some configurations; each id once."""
        found = {r.value["audit_id"]: r.value for r in self._audited(subjects, configs)}
        return list(found.values())

    def _audited(self, subjects: Collection[str], configs: Collection[str]) -> Iterator[Record]:
        for record in self.records["audit"]:
            value = record.value
            if value["subject"] in subjects or (configs and orjson.loads(value["evidence"]).get("digest") in configs):
                yield record
