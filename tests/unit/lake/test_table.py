from itertools import chain

from services.contracts.topics import topic_named
from services.lake.domain.table import TABLES, tables_of

STAGES = ("features", "features.terminal", "features.shop")

DATA_PLANE = (
    *("events", "events.quarantined", "features", "predictions", "predictions.shadow", "explanations", "outcomes"),
)


def test_every_record_of_the_data_plane_has_a_table() -> None:
    topics = (*DATA_PLANE, "profiles", "features.terminal", "features.shop")
    records = {(topic, kind) for topic in topics for kind in topic_named(topic).records}
    found = tables_of(STAGES)
    assert {(table.topic, table.kind) for table in chain.from_iterable(found.values())} == records
    assert {topic: {table.topic for table in tables} for topic, tables in found.items()} == {
        topic: {topic} for topic in topics
    }


def test_tables_are_told_apart_by_name() -> None:
    tables = list(chain.from_iterable(tables_of(STAGES).values()))
    assert len({table.name for table in tables}) == len(tables) == len(TABLES) + 4
    assert [table.name for table in tables_of(STAGES)["outcomes"]] == ["outcomes", "cohorts"]
