"""The tables of the lake: one for each kind of record of the data plane."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """name: of the table. topic: short name of the one topic that it keeps. kind: full name of its records."""

    name: str
    topic: str
    kind: str


TABLES = (
    Table("events", "events", "driftmill.EventAccepted"),
    Table("labels", "events", "driftmill.LabelAccepted"),
    Table("ticks", "events", "driftmill.Tick"),
    Table("quarantined", "events.quarantined", "driftmill.RecordQuarantined"),
    Table("features", "features", "driftmill.FeatureVector"),
    Table("predictions", "predictions", "driftmill.Prediction"),
    Table("activations", "predictions", "driftmill.ModelActivated"),
    Table("outcomes", "outcomes", "driftmill.Outcome"),
    Table("cohorts", "outcomes", "driftmill.CohortMatured"),
    Table("profiles", "profiles", "driftmill.ProfileClosed"),
)

TOPICS = tuple(dict.fromkeys(table.topic for table in TABLES))
"""Short names of the topics that are kept."""

TABLE_OF = {(table.topic, table.kind): table for table in TABLES}
"""The table of a record, by its topic and kind."""


def tables_of(topic: str) -> tuple[Table, ...]:
    """All tables that keep records of a topic."""
    return tuple(table for table in TABLES if table.topic == topic)
