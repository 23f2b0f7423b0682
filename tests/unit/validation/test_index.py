"""Which entity an event belongs to, and labels that wait for it."""

from services.contracts.ledger import Ledger
from services.validation.domain.index import IndexDraft, Indexing, Unkeyed
from tests.entries import Shelf
from tests.unit.validation.scene import DAY, HOUR, START

RULE = Indexing(partitions=2, memory=4 * DAY, maturity=DAY)


def label(event: str, known_at: int = START, source: str = "") -> Unkeyed:
    payload = {"id": event, "bad": True, "known_at": known_at, "source": source}
    return Unkeyed(event, known_at, "shop.Judged", payload, 7, b"k", b"v")


class Kept:
    """Drafts one after the other, each committed and told, so that nothing is found but what is in the entries."""

    def __init__(self) -> None:
        self.shelf = Shelf()

    def draft(self) -> IndexDraft:
        return IndexDraft(Ledger(self.shelf), RULE)

    def enter(self, event: str, entity: str = "anna", time: int = START, partition: int = 0) -> list[Unkeyed]:
        draft = self.draft()
        told = draft.enter(event, entity, time, partition)
        self.shelf.keep(draft.changed)
        return told

    def wait(self, one: Unkeyed) -> bool:
        draft = self.draft()
        waits = draft.wait(one)
        self.shelf.keep(draft.changed)
        return waits

    def reach(self, partition: int, time: int) -> list[Unkeyed]:
        draft = self.draft()
        told = draft.reach(partition, time)
        self.shelf.keep(draft.changed)
        return told

    def entity_of(self, event: str) -> str | None:
        return self.draft().entity_of(event)


def test_an_event_is_found_by_its_id() -> None:
    kept = Kept()
    assert kept.enter("e1", "bob") == []
    assert (kept.entity_of("e1"), kept.entity_of("e2")) == ("bob", None)


def test_labels_wait_for_their_event_and_go_on_in_their_order() -> None:
    kept = Kept()
    first, second, other = label("e1"), label("e1", START + HOUR, "analyst"), label("e2")
    assert all(map(kept.wait, (first, other, second)))
    assert kept.enter("e1") == [first, second]
    assert kept.enter("e1") == []
    assert kept.enter("e2") == [other]


def test_a_label_is_given_up_once_every_partition_has_passed_its_maturity() -> None:
    kept = Kept()
    early, late = label("e1"), label("e1", START + HOUR)
    assert kept.wait(early)
    assert kept.wait(late)
    over = START + DAY + RULE.slot
    assert kept.reach(0, over) == []
    assert kept.reach(1, over - 2 * RULE.slot) == []
    assert kept.reach(1, over) == [early]
    assert kept.reach(1, over + DAY) == []
    assert kept.reach(0, over + DAY) == [late]
    assert not kept.wait(label("e3"))
    assert kept.enter("e1") == []


def test_nothing_is_given_up_while_a_partition_has_not_spoken() -> None:
    kept = Kept()
    assert kept.wait(label("e1"))
    assert kept.reach(0, START + 100 * DAY) == []


def test_an_event_is_forgotten_once_its_own_partition_is_so_far() -> None:
    kept = Kept()
    kept.enter("e1")
    kept.enter("e2", partition=1)
    kept.reach(1, START + 4 * DAY + RULE.slot)
    assert (kept.entity_of("e1"), kept.entity_of("e2")) == ("anna", None)
    kept.reach(0, START + 4 * DAY - RULE.slot)
    assert kept.entity_of("e1") == "anna"


def test_an_id_that_comes_again_is_known_for_as_long_as_the_last_event_that_had_it() -> None:
    kept = Kept()
    kept.enter("e1", "anna")
    kept.enter("e1", "bob", START + 2 * DAY)
    kept.reach(0, START + 5 * DAY)
    assert kept.entity_of("e1") == "bob"


def test_nothing_stays_of_what_is_over() -> None:
    kept = Kept()
    for number in range(120):
        kept.enter(f"e{number}", time=START + number * HOUR, partition=number % 2)
        assert kept.wait(label(f"x{number}", START + number * HOUR))
    given_up = [one for partition in (0, 1) for one in kept.reach(partition, START + 100 * DAY)]
    assert [one.event_id for one in given_up] == [f"x{number}" for number in range(120)]
    assert list(kept.shelf.values) == [b"xh"]
    assert len(kept.shelf.values[b"xh"]) < 40
