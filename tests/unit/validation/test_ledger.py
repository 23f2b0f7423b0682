"""What validation remembers of a partition."""

import pytest

from services.validation.domain.ledger import Entered, LabelKey, Ledger
from services.validation.domain.windows import WindowBatch
from tests.entries import Shelf, entries_of
from tests.unit.validation.scene import DAY, HOUR, MINUTE, START

LATENESS = 10 * MINUTE
LABEL_MEMORY = 2 * DAY


def new() -> Ledger:
    return Ledger.new(3, LATENESS, LABEL_MEMORY)


def commit(ledger: Ledger, entries: Entered) -> None:
    ledger.apply(entries.change(WindowBatch(ledger.windows, {}, HOUR, ledger.partition).change(), {}))


def add_events(ledger: Ledger, *minutes: int) -> list[int]:
    """Accept events of these minutes, each named by its minute; their numbers."""
    entries = ledger.begin()
    seqs = [entries.add_event(f"e{m}", START + m * MINUTE, START + m * MINUTE) for m in minutes]
    commit(ledger, entries)
    return seqs


def label(event_id: str, known_at: int = START, value: float = 1.0, source: str = "") -> LabelKey:
    return event_id, value, known_at, source


def add_labels(ledger: Ledger, *keys: LabelKey) -> list[int]:
    """Accept labels; which of its event each is."""
    entries = ledger.begin()
    revisions = [entries.add_label(key) for key in keys]
    commit(ledger, entries)
    return revisions


def restored(ledger: Ledger) -> Ledger:
    again = Ledger.new(ledger.partition, LATENESS, LABEL_MEMORY)
    again.load(Shelf(entries_of(ledger)))
    return again


def test_events_are_numbered_from_0_and_on_through_batches() -> None:
    ledger = new()
    assert add_events(ledger, 0, 1) == [0, 1]
    assert add_events(ledger, 2) == [2]
    assert ledger.next_seq == 3


def test_within_a_batch_its_own_entries_are_known_while_the_ledger_stays_as_it_is() -> None:
    ledger = new()
    before = entries_of(ledger)
    entries = ledger.begin()
    entries.add_event("e1", START, START)
    entries.add_label(label("e1"))
    assert entries.knows_event("e1")
    assert entries.knows_label(label("e1"))
    assert entries_of(ledger) == before
    assert not ledger.begin().knows_event("e1")


def test_a_batch_that_is_given_up_leaves_its_numbers_to_the_next() -> None:
    ledger = new()
    ledger.begin().add_event("lost", START, START)
    assert add_events(ledger, 0) == [0]
    assert not ledger.begin().knows_event("lost")


def test_an_event_is_known_until_it_would_be_too_late_anyway() -> None:
    ledger = new()
    add_events(ledger, 0, 10, 10, 10)
    assert ledger.watermark.value == START + LATENESS
    assert ledger.begin().knows_event("e0")
    add_events(ledger, 11, 12, 13)
    assert not ledger.begin().knows_event("e0")
    assert ledger.begin().knows_event("e10")


def test_what_cannot_matter_any_more_is_forgotten() -> None:
    ledger = new()
    add_events(ledger, *range(1000))
    assert len(ledger.events) < 20
    add_labels(ledger, *[label(f"e{hour}", START + hour * HOUR) for hour in range(1000)])
    assert len(ledger.labels) == len(ledger.revisions) < 60


@pytest.mark.parametrize(
    "other",
    [label("e2"), label("e1", value=0.0), label("e1", known_at=START + 1), label("e1", source="bank")],
    ids=["event", "value", "time", "source"],
)
def test_labels_are_the_same_if_event_value_time_and_source_are(other: LabelKey) -> None:
    ledger = new()
    add_labels(ledger, label("e1", source=""))
    assert ledger.begin().knows_label(label("e1"))
    assert not ledger.begin().knows_label(other)


def test_the_labels_of_an_event_are_numbered_in_the_order_of_their_acceptance() -> None:
    ledger = new()
    assert add_labels(ledger, label("e1"), label("e2"), label("e1", value=0.0)) == [0, 0, 1]
    assert add_labels(ledger, label("e1", known_at=START + 1)) == [2]


def test_labels_are_remembered_for_as_long_as_they_are_told_from_corrections() -> None:
    ledger = new()
    add_labels(ledger, label("old"))
    add_labels(ledger, *[label(f"e{n}", START + LABEL_MEMORY) for n in range(3)])
    assert ledger.begin().knows_label(label("old"))
    add_labels(ledger, *[label(f"f{n}", START + LABEL_MEMORY + 1) for n in range(3)])
    assert not ledger.begin().knows_label(label("old"))
    assert add_labels(ledger, label("old", START + LABEL_MEMORY + 1, value=0.0)) == [0]


def test_a_correction_keeps_the_first_label_in_mind() -> None:
    ledger = new()
    add_labels(ledger, label("e1"))
    add_labels(ledger, *[label(f"f{n}", START + LABEL_MEMORY) for n in range(3)])
    assert add_labels(ledger, label("e1", START + LABEL_MEMORY, value=0.0)) == [1]
    add_labels(ledger, *[label(f"g{n}", START + 2 * LABEL_MEMORY) for n in range(3)])
    assert add_labels(ledger, label("e1", START + 2 * LABEL_MEMORY)) == [2]


def test_a_label_that_comes_long_after_it_became_known_is_remembered_from_now_on() -> None:
    ledger = new()
    now = START + 10 * LABEL_MEMORY
    add_labels(ledger, *[label(f"e{n}", now) for n in range(3)])
    add_labels(ledger, label("late"))
    assert ledger.begin().knows_label(label("late"))
    assert add_labels(ledger, label("late", value=0.0)) == [1]


def test_labels_do_not_move_the_time_of_events_nor_the_reverse() -> None:
    ledger = new()
    add_labels(ledger, *[label(f"e{n}", START + DAY) for n in range(3)])
    assert (ledger.watermark.value, ledger.known.value, ledger.next_seq) == (None, START + DAY, 0)
    add_events(ledger, 1, 1, 1)
    assert (ledger.watermark.value, ledger.known.value) == (START + MINUTE, START + DAY)


def test_a_snapshot_holds_all_of_it() -> None:
    ledger = new()
    add_events(ledger, 0, 5, 3, 20)
    add_labels(ledger, label("e1"), label("e1", value=0.0, source="bank"), label("e2", START + HOUR))
    again = restored(ledger)
    assert entries_of(again) == {}
    assert again.partition == 3
    assert add_events(again, 21, 22) == add_events(ledger, 21, 22) == [4, 5]
    assert add_labels(again, label("e1", START + 1)) == add_labels(ledger, label("e1", START + 1)) == [2]
    assert again.begin().knows_label(label("e1", value=0.0, source="bank"))
    assert again.liveness == ledger.liveness
    assert sorted(again.labels) == sorted(ledger.labels)


def test_a_snapshot_of_nothing_is_a_new_ledger() -> None:
    assert entries_of(restored(new())) == entries_of(new()) == {}
