"""The tables of the lake: one for each kind of record of the data plane, and the audit trail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.contracts.topics import entity_of
from services.lake.domain.chained import chained_schema


@dataclass(frozen=True, slots=True)
class Table:
    """name: of the table. topic: short name of the one topic that it keeps. kind: full name of its records.

    about_entities: whether its rows are about entities, and not about the log or the models. chained: whether its rows
    are numbered and chained, each id once.
    """

    name: str
    topic: str
    kind: str
    about_entities: bool = True
    chained: bool = False

    def schema(self, schemas: Mapping[str, Any]) -> dict[str, Any]:
        """The Avro schema of its rows. schemas: of all records by full name."""
        of_records: dict[str, Any] = schemas[self.kind]
        return chained_schema(of_records) if self.chained else of_records


TABLES = (
    Table("events", "events", "driftmill.EventAccepted"),
    Table("labels", "events", "driftmill.LabelAccepted"),
    Table("ticks", "events", "driftmill.Tick", False),
    Table("quarantined", "events.quarantined", "driftmill.RecordQuarantined"),
    Table("features", "features", "driftmill.FeatureVector"),
    Table("predictions", "predictions", "driftmill.Prediction"),
    Table("activations", "predictions", "driftmill.ModelActivated", False),
    Table("shadows", "predictions.shadow", "driftmill.ShadowPrediction"),
    Table("explanations", "explanations", "driftmill.PredictionExplained"),
    Table("outcomes", "outcomes", "driftmill.Outcome"),
    Table("cohorts", "outcomes", "driftmill.CohortMatured", False),
    Table("profiles", "profiles", "driftmill.ProfileClosed", False),
    Table("audit", "audit", "driftmill.AuditRecorded", False, chained=True),
    Table("audit_heads", "audit.heads", "driftmill.AuditHeadSigned", False),
)
"""Tables of every pipeline."""


def tables_of(stages: Iterable[str]) -> dict[str, tuple[Table, ...]]:
    """All tables of a pipeline by the topic that they keep. stages: of its features, see `Resolved.stages`."""
    found: dict[str, tuple[Table, ...]] = {}
    for table in (*TABLES, *(table for stage in stages for table in _forwarded(stage))):
        found[table.topic] = (*found.get(table.topic, ()), table)
    return found


def _forwarded(stage: str) -> tuple[Table, ...]:
    """What a stage after the first reads: its order, in which nothing else is, decides what the stage computes."""
    entity = entity_of(stage)
    if not entity:
        return ()
    return (
        Table(f"features_{entity}", stage, "driftmill.EventForwarded"),
        Table(f"features_{entity}_labels", stage, "driftmill.LabelForwarded"),
    )
