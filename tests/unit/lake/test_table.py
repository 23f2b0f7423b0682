from itertools import chain

from services.contracts.schemas import own_names, own_schema
from services.contracts.topics import topic_named
from services.lake.domain.table import TABLES, tables_of

STAGES = ("features", "features.terminal", "features.shop")

DATA_PLANE = (
    *("events", "events.quarantined", "features", "predictions", "predictions.shadow", "explanations", "outcomes"),
)


def test_every_record_of_the_data_plane_and_of_the_audit_trail_has_a_table() -> None:
    topics = (*DATA_PLANE, "profiles", "audit", "audit.heads", "features.terminal", "features.shop")
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


def test_rows_of_the_audit_trail_have_a_number_and_a_hash_beside_what_its_records_have() -> None:
    schemas = {name: own_schema(name) for name in own_names()}
    more = {table.name: len(table.schema(schemas)["fields"]) - len(schemas[table.kind]["fields"]) for table in TABLES}
    assert {name: count for name, count in more.items() if count} == {"audit": 2}
