"""The chain over the audit trail."""

from hashlib import sha256
from typing import Any

from services.contracts.audit_chain import GENESIS, Link, Trail, content_of, hashed, head_of, signed_content
from tests.entries import Shelf, entries_of


def action(audit_id: str, **told: Any) -> dict[str, Any]:
    known = dict.fromkeys(("actor", "action", "subject", "reason", "evidence", "before", "after"), "")
    return {"audit_id": audit_id, "clock": 7, **known, **told}


def linked(trail: Trail, *values: dict[str, Any]) -> list[Link | None]:
    links = trail.links(values)
    for link in links:
        if link is not None:
            trail.take(link)
    return links


def test_a_hash_is_of_the_one_before_it_and_the_content() -> None:
    trail = Trail()
    first, second = linked(trail, action("a", actor="ann"), action("b"))
    one = sha256(GENESIS + b'{"actor":"ann","audit_id":"a","clock":7}').digest()
    assert first == Link(1, "a", one)
    assert second == Link(2, "b", sha256(one + b'{"audit_id":"b","clock":7}').digest())


def test_the_first_copy_of_an_id_counts_within_a_batch_and_later() -> None:
    trail = Trail()
    assert [link and link.sequence for link in linked(trail, action("a"), action("b"), action("a"))] == [1, 2, None]
    assert linked(trail, action("b", actor="eve")) == [None]
    assert trail.sequence == 2


def test_links_leave_the_trail_as_it_is_and_batches_do_not_matter() -> None:
    values = [action(name) for name in "abcabd"]
    whole, parts = Trail(), Trail()
    assert whole.links(values) == whole.links(values)
    assert linked(whole, *values) == [link for value in values for link in linked(parts, value)]
    assert whole == parts


def test_a_field_that_comes_with_an_empty_default_changes_no_hash() -> None:
    earlier = {name: value for name, value in action("a").items() if name not in ("before", "after")}
    assert content_of(earlier) == content_of(action("a"))
    assert hashed(GENESIS, action("a")) != hashed(GENESIS, action("a", after="x"))


def test_what_was_told_gives_it_back() -> None:
    trail, shelf = Trail(), Shelf()
    assert Trail.load(shelf) == Trail()
    for name in "abca":
        linked(trail, action(name))
        shelf.keep(trail.changes())
    assert Trail.load(shelf) == trail
    assert shelf.values.keys() == {b"trail", b"trail/a", b"trail/b", b"trail/c"}
    assert entries_of(trail) == {}


def test_a_head_is_signed_with_the_name_of_its_pipeline() -> None:
    head = head_of(Link(1, "a", b"\1" * 32), 7)
    assert signed_content("shop", {**head, "signature": b"", "key_id": ""}) == (
        b'{"appended_at":7,"audit_id":"a","hash":"' + b"01" * 32 + b'","pipeline":"shop","sequence":1}'
    )
