import pytest

from services.chassis.errors import Refused
from services.contracts.record import Record
from services.lake.domain.table import tables_of
from services.lake.gathering import Gathering

TABLES = tables_of(["features"])


def record(kind: str, topic: str = "outcomes") -> Record:
    return Record(topic, 0, 0, 0, "", f"driftmill.{kind}", {})


def test_nothing_gathered_is_never_due() -> None:
    assert not Gathering(TABLES, 10, 5.0, 0.5).is_due(100.0, drained=True)


def test_enough_records_or_enough_waiting_are_due() -> None:
    gathering = Gathering(TABLES, 2, 5.0, 0.5)
    gathering.add([record("Outcome")], 1.0)
    assert not gathering.is_due(5.9, drained=False)
    assert gathering.is_due(6.0, drained=False)
    gathering.add([record("Outcome")], 1.1)
    assert gathering.is_due(1.1, drained=False)


def test_a_trickle_is_written_at_most_every_linger() -> None:
    gathering = Gathering(TABLES, 10, 5.0, 0.5)
    gathering.clear(1.0)
    gathering.add([record("Outcome")], 1.1)
    assert not gathering.is_due(1.4, drained=True)
    assert gathering.is_due(1.5, drained=True)


def test_a_mark_is_due_as_soon_as_nothing_more_comes() -> None:
    gathering = Gathering(TABLES, 10, 5.0, 0.5)
    gathering.clear(1.0)
    gathering.add([record("CohortMatured")], 1.1)
    assert not gathering.is_due(1.1, drained=False)
    assert gathering.is_due(1.1, drained=True)


def test_records_are_told_apart_by_table() -> None:
    gathering = Gathering(TABLES, 10, 5.0, 0.5)
    gathering.add([record("Outcome"), record("CohortMatured"), record("Outcome")], 0.0)
    assert {table.name: len(found) for table, found in gathering.records.items()} == {"outcomes": 2, "cohorts": 1}


def test_a_record_without_table_stops() -> None:
    with pytest.raises(Refused, match=r"outcomes\[0\]@0: no table keeps driftmill.Tick"):
        Gathering(TABLES, 10, 5.0, 0.5).add([record("Tick")], 0.0)
