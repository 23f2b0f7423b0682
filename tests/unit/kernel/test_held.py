from services.kernel.held import HeldDraft, HeldKeys
from tests.entries import Shelf, entries_of


def held(*events: tuple[str, int, str], maturity: int = 100) -> HeldKeys:
    keys = HeldKeys(maturity)
    for event in events:
        add(keys, event)
    return keys


def add(keys: HeldKeys, *events: tuple[str, int, str]) -> None:
    draft = HeldDraft(keys)
    for event_id, time, key in events:
        draft.add(event_id, time, (key,))
    keys.apply(draft)


def test_keys_are_found_in_the_batch_and_in_the_state() -> None:
    keys = held(("a", 1, "x"))
    draft = HeldDraft(keys)
    draft.add("b", 2, ("y",))
    assert (draft.keys_of("a"), draft.keys_of("b"), draft.keys_of("c")) == (("x",), ("y",), None)
    assert list(keys.events) == ["a"]


def test_an_event_is_held_until_the_watermark_has_passed_its_maturity() -> None:
    keys = held(("a", 1, "x"))
    draft = HeldDraft(keys)
    draft.pass_time(100)
    assert draft.keys_of("a") == ("x",)
    draft.pass_time(101)
    assert draft.keys_of("a") is None
    assert len(keys) == 1
    keys.apply(draft)
    assert len(keys) == 0


def test_batches_do_not_matter() -> None:
    events = [(f"e{number}", number * 7 % 50 + 3 * number, "x") for number in range(200)]
    whole, parts = held(), held()
    add(whole, *events)
    for event in events:
        add(parts, event)
    assert entries_of(whole) == entries_of(parts)
    assert 0 < len(whole) < len(events)


def test_an_event_that_comes_again_is_held_as_if_for_the_first_time() -> None:
    whole, parts = held(), held()
    add(whole, ("a", 1, "x"), ("b", 2, "y"), ("a", 3, "z"))
    for event in (("a", 1, "x"), ("b", 2, "y"), ("a", 3, "z")):
        add(parts, event)
    assert list(whole.events.items()) == list(parts.events.items()) == [("b", (2, ("y",))), ("a", (3, ("z",)))]


def test_they_are_found_again_from_what_they_told() -> None:
    keys = held(("a", 1, "x"), ("b", 2, ""))
    again = HeldKeys.load(100, Shelf(entries_of(keys)))
    assert (again.events, again.watermark) == (keys.events, keys.watermark)
    assert again.changes() == held().changes() == {}
