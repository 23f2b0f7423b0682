"""Labels find the key of their event."""

import pytest

from services.ingestion.domain.keys import NoEntity, event_keys, label_keys

EVENTS = [{"id": "a", "who": 1}, {"id": "b", "who": 2}]


def test_keys_are_text() -> None:
    assert event_keys(EVENTS, "who") == ["1", "2"]


def test_a_label_with_its_entity_needs_no_event() -> None:
    assert label_keys([{"id": "z", "who": 9}], EVENTS, "who", "id", "id") == ["9"]


def test_a_label_without_entity_takes_that_of_its_event() -> None:
    assert label_keys([{"of": "b"}], EVENTS, "who", "of", "id") == ["2"]


def test_a_label_of_an_unknown_event_without_entity_is_refused() -> None:
    with pytest.raises(NoEntity, match="names event c"):
        label_keys([{"of": "c"}], EVENTS, "who", "of", "id")
