"""Every manipulation of an audit trail is found, and where."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from services.cli.domain.audit_check import Checked, Entry, Head, Word, believed, checked
from services.contracts.audit_chain import Trail

NAMES = "abcdefgh"


def action(name: str, **told: Any) -> dict[str, Any]:
    return {"audit_id": name, "actor": "ann", "action": "moved", "clock": 7, "evidence": "{}", **told}


def topic(names: str = NAMES) -> list[Entry]:
    return [Entry(10 + number, action(name)) for number, name in enumerate(names)]


def rows(entries: Sequence[Entry]) -> list[Entry]:
    """As the lake keeps them."""
    links = Trail().links([entry.value or {} for entry in entries])
    pairs = zip(entries, links, strict=True)
    return [entry._replace(sequence=link.sequence, hash=link.hash.hex()) for entry, link in pairs if link]


def heads(until: int = len(NAMES)) -> list[Head]:
    return [Head(row.offset, row.sequence, row.audit_id, row.hash, 99) for row in rows(topic())[:until]]


def words(until: int = len(NAMES)) -> dict[int, Word]:
    return believed(heads(until), "audit.heads")[0]


def edited(entries: list[Entry], place: int, **told: Any) -> list[Entry]:
    return [*entries[:place], entries[place]._replace(value=action(NAMES[place], **told)), *entries[place + 1 :]]


def faults(found: Checked) -> list[str]:
    return [f"{fault.where}: {fault.what}" for fault in found.faults]


def swapped(entries: list[Entry], one: int, other: int) -> list[Entry]:
    changed = list(entries)
    changed[one], changed[other] = entries[other], entries[one]
    return changed


EVE = Entry(99, action("x", actor="eve"))
MANIPULATIONS: dict[str, tuple[Callable[[list[Entry]], list[Entry]], str]] = {
    "edit": (lambda found: edited(found, 3, actor="eve"), "audit@13: record 4 was changed: expected d"),
    "edit of the last": (lambda found: edited(found, 7, actor="eve"), "audit@17: record 8 was changed: expected h"),
    "cut": (lambda found: found[:3] + found[4:], "audit@14: record 4 is missing before e, the first of them is d"),
    "cut of many": (lambda found: found[:1] + found[5:], "audit@15: records 2 to 5 are missing before f"),
    "cut of the first": (lambda found: found[1:], "audit@11: record 1 is missing before b"),
    "cut tail": (lambda found: found[:6], "audit@15: records 7 to 8 are missing at the end, the first of them is g"),
    "all gone": (lambda _found: [], "audit: records 1 to 8 are missing at the end, the first of them is a"),
    "swap": (lambda found: swapped(found, 2, 3), "audit@13: records 3 and 4 have changed places: c was before it"),
    "swap far apart": (lambda found: swapped(found, 1, 6), "audit@16: records 2 and 7 have changed places: b was"),
    "put in": (lambda found: [*found[:4], EVE, *found[4:]], "audit@99: a record was put in: x stands where e was"),
    "put in first": (lambda found: [EVE, *found], "audit@99: a record was put in: x stands where a was"),
    "replaced": (lambda found: [*found[:4], EVE, *found[5:]], "audit@99: record 5 was changed: expected e with hash"),
    "same id, other content": (
        lambda found: [*found, Entry(50, action("b", actor="eve"))],
        "audit@50: b comes again and says something else",
    ),
    "unreadable": (lambda found: [*found, Entry(50, None)], "audit@50: can't be read"),
}


@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_of_the_topic_is_found_and_where(name: str) -> None:
    manipulate, expected = MANIPULATIONS[name]
    assert faults(checked(topic(), words(), "audit", len(NAMES))) == []
    first, *_ = faults(checked(manipulate(topic()), words(), "audit", len(NAMES)))
    assert first.startswith(expected)


@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_of_the_table_is_found_and_where(name: str) -> None:
    manipulate, expected = MANIPULATIONS[name]
    assert faults(checked(rows(topic()), words(), "audit", len(NAMES))) == []
    first, *_ = faults(checked(manipulate(rows(topic())), words(), "audit", len(NAMES)))
    assert first.startswith(expected)


@pytest.mark.parametrize("name", sorted(MANIPULATIONS.keys() - {"same id, other content", "unreadable"}))
def test_a_table_that_was_chained_anew_is_found_by_the_heads(name: str) -> None:
    manipulate, expected = MANIPULATIONS[name]
    anew = rows(manipulate(topic()))
    assert faults(checked(anew, {}, "audit")) == []
    (fault,) = faults(checked(anew, words(), "audit", len(NAMES)))
    assert fault.startswith(expected)
    assert ("chained anew" in fault) == ("was changed" in expected)


@pytest.mark.parametrize("name", sorted(MANIPULATIONS.keys() - {"cut tail", "all gone", "edit of the last"}))
def test_without_any_head_a_table_that_was_not_chained_anew_shows_it_too(name: str) -> None:
    manipulate, _ = MANIPULATIONS[name]
    assert faults(checked(rows(topic()), {}, "audit")) == []
    assert faults(checked(manipulate(rows(topic())), {}, "audit")) != []


@pytest.mark.parametrize("told", [{"sequence": 9}, {"hash": "00" * 32}, {"hash": "no digest"}])
def test_what_a_row_says_of_its_own_place_is_looked_at(told: dict[str, Any]) -> None:
    changed = rows(topic())
    changed[2] = changed[2]._replace(**told)
    assert faults(checked(changed, words(), "audit"))[0].startswith("audit@12: c: its row says record ")


def test_what_was_sent_again_is_no_fault_in_the_topic_and_one_in_the_table() -> None:
    again = [*topic(), Entry(50, action("b"))]
    found = checked(again, words(), "audit")
    assert (faults(found), found.records, found.repeats) == ([], 8, 1)
    twice = [*rows(topic()), rows(topic())[1]._replace(offset=50)]
    assert faults(checked(twice, words(), "audit")) == ["audit@50: b is there twice"]


def test_what_lies_after_the_last_head_may_be_anything() -> None:
    found = checked(edited(topic(), 7, actor="eve"), words(6), "audit", 6)
    assert (faults(found), found.records) == ([], 8)


def test_a_head_that_is_not_signed_by_a_trusted_key_is_told_and_not_believed() -> None:
    forged = [one._replace(distrusted="it isn't signed by the key that is trusted") for one in heads()[4:5]]
    found, wrong = believed([*heads()[:4], *forged, *heads()[5:]], "audit.heads")
    assert 5 not in found
    assert [f"{fault.where}: {fault.what}" for fault in wrong] == [
        "audit.heads@14: the head of record 5 (e): it isn't signed by the key that is trusted"
    ]


def test_a_head_that_is_missing_between_others_is_told() -> None:
    _, wrong = believed([*heads()[:2], *heads()[5:]], "audit.heads")
    assert [f"{fault.where}: {fault.what}" for fault in wrong] == [
        "audit.heads@15: between it and record 2 others have no head"
    ]


def test_heads_that_contradict_each_other_are_told() -> None:
    other = heads()[3]._replace(offset=40, hash="00" * 32)
    _, wrong = believed([*heads(), heads()[2], other], "audit.heads")
    assert [fault.where for fault in wrong] == ["audit.heads@40"]
