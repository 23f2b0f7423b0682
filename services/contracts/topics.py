"""The topic catalogue: every topic of a pipeline, with its writer, readers, records and retention.

Topic creation, the drawing in the README, ACLs and deployment files are made from this table or tested against it.
"""

from collections.abc import Iterable
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
    co-partitioned by entity with the other data-plane topics; otherwise it has one partition. followers: services that
    read it too, outside any group. is_aside: written outside the transactions, by the clock: what is measured, and of
    which nothing is missed that is gone before it was read.
    """

    name: str
    writer: str
    readers: tuple[str, ...]
    records: tuple[str, ...]
    key: str
    partitioned: bool = True
    cleanup: Cleanup = "delete"
    retention_ms: int = FOREVER
    followers: tuple[str, ...] = ()
    is_aside: bool = False

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
    Topic(
        "labels.index",
        "validation",
        ("validation",),
        ("driftmill.EventIndexed", "driftmill.PartitionReached", LABEL),
        "event id",
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
    Topic("predictions.shadow", "inference", ("outcomes", "lake"), ("driftmill.ShadowPrediction",), "entity"),
    Topic("explanations", "inference", ("users", "lake"), ("driftmill.PredictionExplained",), "entity"),
    Topic("outcomes", "outcomes", ("lake", "users"), ("driftmill.Outcome", "driftmill.CohortMatured"), "entity"),
)

_CONTROL = (
    Topic(
        "profiles",
        "validation, outcomes, lake",
        ("monitoring", "registry", "lake"),
        ("driftmill.ProfileClosed",),
        "profile",
        False,
    ),
    Topic(
        "alerts",
        "monitoring",
        ("training", "people"),
        (
            "driftmill.AlertRaised",
            "driftmill.AlertUpdated",
            "driftmill.AlertClassified",
            "driftmill.AlertCleared",
            "driftmill.AlertAcknowledged",
            "driftmill.AlertsSilenced",
        ),
        "alert id, or request id",
        False,
    ),
    Topic("notifications", "monitoring", ("people",), ("driftmill.AlertNotified",), "notification id", False),
    Topic(
        "datasets", "lake", ("training",), ("driftmill.DatasetExtended",), "dataset id", False, followers=("registry",)
    ),
    Topic(
        "runs",
        "training",
        ("monitoring", "people"),
        (
            "driftmill.RunWaiting",
            "driftmill.RunHeld",
            "driftmill.RunStarted",
            "driftmill.RunProgressed",
            "driftmill.RunFinished",
        ),
        "run id",
        False,
        followers=("registry",),
    ),
    Topic("yardsticks", "training", ("monitoring", "people"), ("driftmill.YardstickMeasured",), "dataset id", False),
    Topic("candidates", "training", ("registry",), ("driftmill.CandidateProposed",), "model version", False),
    Topic(
        "models.history",
        "registry",
        ("people",),
        ("driftmill.ModelMoved", "driftmill.ReleaseMeasured", "driftmill.ServingMeasured", "driftmill.CandidateStaged"),
        "model version",
        False,
        followers=("training",),
    ),
    Topic(
        "models",
        "registry",
        ("inference", "monitoring", "training"),
        ("driftmill.ModelPublished",),
        "model version, `champion` or `challenger`",
        False,
        "compact",
    ),
    Topic(
        "costs",
        "inference",
        ("registry", "people"),
        ("driftmill.ServingMeasured",),
        "process",
        False,
        retention_ms=30 * DAY_MS,
        is_aside=True,
    ),
    Topic("configs", "people", ("registry", "every service"), ("driftmill.ConfigApplied",), "pipeline", False),
    Topic(
        "requests",
        "people",
        ("training", "registry", "monitoring"),
        (
            "driftmill.RetrainRequested",
            "driftmill.RollbackRequested",
            "driftmill.ReleaseDecided",
            "driftmill.MoveRequested",
            "driftmill.ErasureRequested",
            "driftmill.ImageBuilt",
            "driftmill.AcknowledgementRequested",
            "driftmill.SilenceRequested",
        ),
        "request id",
        False,
        followers=("lake",),
    ),
    Topic(
        "audit",
        "registry, training, monitoring",
        ("registry", "lake", "people"),
        ("driftmill.AuditRecorded",),
        "audit id",
        False,
    ),
    Topic("audit.heads", "registry", ("lake", "people"), ("driftmill.AuditHeadSigned",), "audit id", False),
)

_DEAD = tuple(
    Topic(f"deadletters.{service}", service, ("people",), ("driftmill.DeadLetter",), "source position", False)
    for service in (*TRANSACTIONAL, "monitoring")
)

CATALOGUE: dict[str, Topic] = {topic.name: topic for topic in (*_DATA, *_CONTROL, *_DEAD)}
"""All topics of a pipeline by short name."""


def stage_of(entity: str) -> str:
    """Name of the stage of the features service for an entity after the first; without an entity, of the first stage.

    It is also the name of the topic that the stage reads, if it isn't the first.
    """
    return f"features.{entity}" if entity else "features"


def service_of(stage: str) -> str:
    """The service that a stage belongs to; services with a single stage are called as it is."""
    return stage.partition(".")[0]


def entity_of(stage: str) -> str:
    """The entity of a stage, empty for a first or only one."""
    return stage.partition(".")[2]


JOINED = "+"
"""Between the names of stages that share a process."""

FUSABLE = ("validation", "features", "inference")
"""Services of which stages may share a process: each reads only what the one before it writes."""


def staged(services: Iterable[str], stages: Iterable[str]) -> tuple[str, ...]:
    """The services with those of features in the place of features."""
    stages = tuple(stages)
    return tuple(name for service in services for name in (stages if service == stage_of("") else (service,)))


def chain_topic(entity: str) -> Topic:
    """The topic by which the features service passes events and labels on to the stage of a further entity."""
    records = ("driftmill.EventForwarded", "driftmill.LabelForwarded")
    return Topic(stage_of(entity), "features", ("features", "lake"), records, "further entity")


def topic_named(name: str) -> Topic:
    """The topic of the catalogue, or of a further entity, with this short name. KeyError where there is none."""
    entity = entity_of(name)
    return chain_topic(entity) if entity and name == stage_of(entity) else CATALOGUE[name]


def partitions_of(name: str, partitions: int) -> int:
    """How many partitions a topic has. partitions: those of the pipeline."""
    return partitions if topic_named(name).partitioned else 1


def topics_of(stages: Iterable[str]) -> tuple[Topic, ...]:
    """All topics of a pipeline. stages: those of its features (`Resolved.stages`)."""
    return *CATALOGUE.values(), *(topic_named(stage) for stage in stages if stage not in CATALOGUE)


def inputs_of(service: str) -> tuple[str, ...]:
    """Short names of the topics that a service, or a stage of it, consumes in its group.

    Compacted ones are followed outside any group.
    """
    if service_of(service) != service:
        return (service,)
    return tuple(t.name for t in CATALOGUE.values() if service in t.readers and t.cleanup == "delete")
