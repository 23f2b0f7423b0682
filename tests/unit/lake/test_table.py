from services.contracts.topics import CATALOGUE
from services.lake.domain.table import TABLE_OF, TABLES, TOPICS, tables_of

DATA_PLANE = ("events", "events.quarantined", "features", "predictions", "outcomes")


def test_every_record_of_the_data_plane_has_a_table() -> None:
    records = {(topic, kind) for topic in (*DATA_PLANE, "profiles") for kind in CATALOGUE[topic].records}
    assert set(TABLE_OF) == records
    assert set(TOPICS) == {topic for topic, _ in records}


def test_tables_are_told_apart_by_name() -> None:
    assert len({table.name for table in TABLES}) == len(TABLES)
    assert [table.name for table in tables_of("outcomes")] == ["outcomes", "cohorts"]
