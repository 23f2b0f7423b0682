"""The audit trail as rows."""

from services.contracts.audit_chain import Trail
from services.contracts.record import Record
from services.lake.domain.chained import chained, chained_schema, follow


def record(offset: int, audit_id: str) -> Record:
    return Record("audit", 0, offset, 0, audit_id, "driftmill.AuditRecorded", {"audit_id": audit_id, "clock": 7})


def test_rows_are_numbered_and_repeats_left_out() -> None:
    trail = Trail()
    rows = chained(trail, [record(0, "a"), record(2, "b"), record(5, "a"), record(6, "c")])
    assert [(row.offset, row.value["sequence"]) for row in rows] == [(0, 1), (2, 2), (6, 3)]
    assert trail == Trail()


def test_what_is_chained_later_goes_on_from_the_rows() -> None:
    records = [record(number, name) for number, name in enumerate("abcbad")]
    whole = chained(Trail(), records)
    trail = Trail()
    follow(trail, [row.value for row in chained(trail, records[:2])])
    assert chained(trail, records) == whole[2:]


def test_a_row_has_two_columns_more_than_a_record() -> None:
    schema = chained_schema({"name": "A", "fields": [{"name": "audit_id", "type": "string"}]})
    assert [field["name"] for field in schema["fields"]] == ["audit_id", "sequence", "hash"]
