"""What waits for later events, and what becomes of it."""

from services.contracts.ledger import Ledger, Nothing
from services.validation.domain.labelling import Waiting
from services.validation.domain.pending import PendingDraft
from tests.entries import Shelf
from tests.unit.contracts.test_ledger import Asked
from tests.unit.validation import labelled
from tests.unit.validation.labelled import LATENESS, WITHIN
from tests.unit.validation.scene import MINUTE, START

RULE = labelled.rule()
OVER = WITHIN + LATENESS + RULE.slot
"""So long after an event it is told at the latest."""


def event(name: str, minute: float, entity: str = "anna") -> Waiting:
    return Waiting(entity, START + round(minute * MINUTE), name, [])


class Kept:
    """Drafts one after the other, each committed and told, so that nothing is found but what is in the entries."""

    def __init__(self) -> None:
        self.shelf = Shelf()

    def draft(self) -> PendingDraft:
        return PendingDraft(Ledger(self.shelf), RULE)

    def enter(self, one: Waiting, fulfils: bool = False) -> list[tuple[object, bool, int]]:
        draft = self.draft()
        told = draft.enter(one, fulfils)
        self.shelf.keep(draft.changed)
        return [(verdict.event.event_id, verdict.is_positive, verdict.known_at) for verdict in told]

    def expire(self, watermark: int) -> list[tuple[object, bool, int]]:
        draft = self.draft()
        told = draft.expire(watermark)
        self.shelf.keep(draft.changed)
        return [(verdict.event.event_id, verdict.is_positive, verdict.known_at) for verdict in told]


def test_a_later_event_makes_all_before_it_positive_that_lie_near_enough() -> None:
    kept = Kept()
    for name, minute in (("far", -1), ("edge", 0), ("near", 30), ("same", 60), ("after", 61)):
        assert kept.enter(event(name, minute)) == []
    assert kept.enter(event("bob's", 30, "bob")) == []
    at = START + 60 * MINUTE
    assert kept.enter(event("failed", 60), True) == [("edge", True, at), ("near", True, at)]


def test_an_event_does_not_fulfil_itself_but_waits_as_others_do() -> None:
    kept = Kept()
    assert kept.enter(event("first", 0), True) == []
    assert kept.enter(event("second", 5), True) == [("first", True, START + 5 * MINUTE)]
    assert [told[0] for told in kept.expire(START + 5 * MINUTE + OVER)] == ["second"]


def test_what_nothing_can_follow_any_more_is_negative_and_known_since_then() -> None:
    kept = Kept()
    kept.enter(event("quiet", 0))
    assert kept.expire(START + WITHIN + LATENESS) == []
    assert kept.expire(START + OVER) == [("quiet", False, START + WITHIN + LATENESS)]
    assert kept.expire(START + 2 * OVER) == []
    assert kept.shelf.values == {}


def test_one_that_comes_late_is_made_positive_by_what_was_there_before() -> None:
    kept = Kept()
    kept.enter(event("failed", 60), True)
    kept.enter(event("again", 55), True)
    assert kept.enter(event("late", 50)) == [("late", True, START + 55 * MINUTE)]
    assert kept.enter(event("later", 57)) == [("later", True, START + 60 * MINUTE)]
    assert kept.enter(event("same", 60)) == []


def test_of_two_that_come_late_each_labels_the_other_where_it_should() -> None:
    kept = Kept()
    assert kept.enter(event("end", 60), True) == []
    told = kept.enter(event("middle", 50), True)
    assert told == [("middle", True, START + 60 * MINUTE)]
    assert kept.enter(event("begin", 45)) == [("begin", True, START + 50 * MINUTE)]


def test_whatever_is_over_leaves_nothing_behind() -> None:
    kept = Kept()
    for number in range(200):
        kept.enter(event(f"e{number}", number, f"who{number % 7}"), number % 5 == 0)
        kept.expire(START + (number - 3) * MINUTE)
        times = sum(key.startswith(b"c") for key in kept.shelf.values)
        assert times <= (OVER // MINUTE + 5) * 2
    kept.expire(START + 200 * MINUTE + OVER)
    assert kept.shelf.values == {}


def test_an_event_dated_far_ahead_waits_and_keeps_none_of_the_others() -> None:
    kept = Kept()
    kept.enter(event("ahead", 1e6), True)
    kept.enter(event("now", 0))
    assert [told[0] for told in kept.expire(START + OVER)] == ["now"]


def test_events_lie_together_as_little_as_they_may() -> None:
    """A chunk is rewritten with each event in it: an entity's events of a day are in a thousand of them."""
    kept = Kept()
    for second in range(600):
        kept.enter(event(f"e{second}", second / 60))
    assert max(len(value) for key, value in kept.shelf.values.items() if key.startswith(b"c")) < 200


def test_what_is_asked_for_first_is_at_hand_by_one_look() -> None:
    asked, events = Asked({}), [event(f"e{number}", number, f"who{number}") for number in range(50)]
    draft = PendingDraft(Ledger(asked), RULE)
    draft.load(events)
    for one in events:
        draft.enter(one, True)
    asked.keep(draft.changed)
    assert len(asked.asked) == 2  # for the slots, and for the rest
    again = PendingDraft(Ledger(asked), RULE)
    again.load(events)
    for one in events:
        again.enter(one, True)
    assert len(asked.asked) == 4
    asked.keep(again.changed)
    asked.asked.clear()
    assert len(PendingDraft(Ledger(asked), RULE).expire(START + 100 * OVER)) == 100
    assert len(asked.asked) < 2 + 3 * 50  # for each slot of the fifty


def test_many_entities_of_one_moment_are_all_found_again() -> None:
    kept, names = Kept(), [f"who{number}" for number in range(130)]
    for name in names:
        kept.enter(event(name, 0, name))
    assert kept.enter(event("failed", 0.01, "who7"), True) == [("who7", True, START + 600_000)]
    assert [told[0] for told in kept.expire(START + OVER)] == ["failed" if name == "who7" else name for name in names]
    assert kept.shelf.values == {}
    assert PendingDraft(Ledger(Nothing()), RULE).expire(START) == []
