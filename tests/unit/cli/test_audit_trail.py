"""Two copies of an audit trail, compared with each other."""

from services.cli.audit_trail import Copy, Found, compared
from tests.unit.cli.domain.test_audit_check import NAMES, edited, heads, rows, topic


def told(signed: int = len(NAMES), names: str = NAMES) -> Copy:
    return Copy("audit", topic(names), heads(signed))


def kept(signed: int = len(NAMES), names: str = NAMES) -> Copy:
    return Copy("lake/audit", rows(topic(names)), heads(signed))


def faults(found: Found) -> list[str]:
    return [f"{fault.where}: {fault.what}" for fault in found.faults]


def test_whole_copies_have_no_fault() -> None:
    found = compared(told(), kept(), 100)
    assert (found.faults, found.heads, found.after, found.behind) == ([], 8, 0, 0)
    assert found.head is not None
    assert found.head.sequence == 8


def test_records_after_the_last_head_are_counted() -> None:
    found = compared(told(6), kept(5), 100)
    assert (found.faults, found.heads, found.after) == ([], 6, 2)


def test_a_lake_that_has_not_come_as_far_is_behind_and_at_no_fault() -> None:
    found = compared(told(), kept(4, "abcde"), 15)
    assert (found.faults, found.behind) == ([], 3)


def test_rows_that_the_lake_says_it_has_and_lacks_are_missing() -> None:
    (fault,) = faults(compared(told(), kept(4, "abcde"), 17))
    assert fault.startswith("lake/audit@14: records 6 to 7 are missing at the end, the first of them is f")


def test_what_was_cut_or_changed_after_the_last_head_is_found_by_the_other_copy() -> None:
    (fault,) = faults(compared(told(6, "abcdefg"), kept(6), 17))
    assert fault.startswith("audit@16: record 8 is missing at the end, the first of them is h, says lake/audit")
    changed = Copy("audit", edited(topic(), 6, actor="eve"), heads(6))
    assert faults(compared(changed, kept(6), 100))[0].startswith("audit@16: record 7 was changed: expected g")
    changed = Copy("lake/audit", rows(edited(topic(), 7, actor="eve")), heads(6))
    assert len(faults(compared(told(6), changed, 100))) >= 1


def test_a_table_that_was_chained_anew_says_nothing_against_the_topic() -> None:
    anew = Copy("lake/audit", rows(edited(topic(), 3, actor="eve")), heads(6))
    (fault,) = faults(compared(told(6), anew, 100))
    assert fault.startswith("lake/audit@13: record 4 was changed: expected d")


def test_heads_that_are_gone_from_the_topic_are_taken_from_the_lake() -> None:
    found = compared(Copy("audit", topic("abcdef"), []), kept(), 100)
    assert found.heads == 8
    assert faults(found)[0].startswith("audit@15: records 7 to 8 are missing at the end, the first of them is g")


def test_the_lake_alone_is_held_to_its_own_heads() -> None:
    assert compared(None, kept(), None).faults == []
    (fault,) = faults(compared(None, Copy("lake/audit", rows(topic("abcdef")), heads()), None))
    assert fault.startswith("lake/audit@15: records 7 to 8 are missing at the end")


def test_a_table_that_is_gone_is_missing_from_the_first_record_on() -> None:
    (fault,) = faults(compared(told(), Copy("lake/audit", [], []), 100))
    assert fault.startswith("lake/audit: records 1 to 8 are missing at the end")
