"""The topic catalogue: every topic of a pipeline, with its writer, readers, records and retention.

Topic creation, the drawing in the README, ACLs and deployment files are made from this table or tested against it.
"""

from dataclasses import dataclass
from typing import Literal

Cleanup = Literal["delete", "compact"]

DAY_MS = 24 * 3600 * 1000
FOREVER = -1

EVENT = "{event}"
"""Stands for the user's event record (`event.avsc`) in `Topic.records`."""
LABEL = "{label}"
"""Stands for the user's label record (`label.avsc`) in `Topic.records`."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of a pipeline; its Kafka name is `<pipeline>.<name>`.

    records: full names of the Avro records it may carry. partitioned: has the pipeline's partition count and is
    co-partitioned by entity with the other data-plane topics; otherwise it has one partition.
    """

    name: str
    writer: str
    readers: tuple[str, ...]
    records: tuple[str, ...]
    key: str
    partitioned: bool = True
    cleanup: Cleanup = "delete"
    retention_ms: int = FOREVER

    def full_name(self, pipeline: str) -> str:
        return f"{pipeline}.{self.name}"


TRANSACTIONAL = ("validation", "features", "inference", "outcomes", "training", "registry")
"""Services on the transactional batch loop; each has a dead-letter topic."""

SERVICES = ("ingestion", *TRANSACTIONAL, "monitoring", "lake")

_DATA = (
    Topic("events.raw", "users", ("validation",), (EVENT, LABEL, "driftmill.Tick"), "entity"),
    Topic("labels", "users", ("validation",), (LABEL, "driftmill.Tick"), "entity"),
    Topic(
        "events",
        "validation",
        ("features", "outcomes", "lake"),
        ("driftmill.EventAccepted", "driftmill.LabelAccepted", "driftmill.Tick"),
        "entity",
    ),
    Topic("events.quarantined", "validation", ("lake",), ("driftmill.RecordQuarantined",), "entity"),
    Topic("features", "features", ("inference", "lake"), ("driftmill.FeatureVector",), "entity"),
    Topic(
        "predictions",
        "inference",
        ("users", "outcomes", "lake"),
        ("driftmill.Prediction", "driftmill.ModelActivated"),
        "entity",
    ),
    Topic("outcomes", "outcomes", ("lake", "users"), ("driftmill.Outcome", "driftmill.CohortMatured"), "entity"),
)

_CONTROL = (
    Topic("profiles", "validation, outcomes", ("monitoring", "lake"), ("driftmill.ProfileClosed",), "profile", False),
    Topic(
        "alerts",
        "monitoring",
        ("training", "people"),
        ("driftmill.AlertRaised", "driftmill.AlertCleared"),
        "alert id",
        False,
    ),
    Topic("datasets", "lake", ("training",), ("driftmill.DatasetExtended",), "dataset id", False),
    Topic(
        "runs",
        "training",
        ("people",),
        ("driftmill.RunWaiting", "driftmill.RunStarted", "driftmill.RunFinished"),
        "run id",
        False,
    ),
    Topic("candidates", "training", ("registry",), ("driftmill.CandidateProposed",), "model version", False),
    Topic("models.history", "registry", ("people",), ("driftmill.ModelMoved",), "model version", False),
    Topic(
        "models",
        "registry",
        ("inference", "monitoring", "training"),
        ("driftmill.ModelPublished",),
        "model version, or `champion`",
        False,
        "compact",
    ),
    Topic("configs", "people", ("every service",), ("driftmill.ConfigApplied",), "pipeline", False, "compact"),
    Topic(
        "requests",
        "people",
        ("training", "registry"),
        ("driftmill.RetrainRequested", "driftmill.RollbackRequested"),
        "request id",
        False,
    ),
    Topic("audit", "registry, training", ("people",), ("driftmill.AuditRecorded",), "audit id", False),
)

_DEAD = tuple(
    Topic(f"deadletters.{service}", service, ("people",), ("driftmill.DeadLetter",), "source position", False)
    for service in (*TRANSACTIONAL, "monitoring")
)

CATALOGUE: dict[str, Topic] = {topic.name: topic for topic in (*_DATA, *_CONTROL, *_DEAD)}
"""All topics of a pipeline by short name."""


def inputs_of(service: str) -> tuple[str, ...]:
    """Short names of the topics that a service consumes in its group; compacted ones are followed outside any group."""
    return tuple(t.name for t in CATALOGUE.values() if service in t.readers and t.cleanup == "delete")
