"""Labels find the key of their event."""

from typing import Any

import pandas as pd
import pytest

from services.ingestion.domain.keys import NoEntity, event_keys, label_keys
from services.ingestion.domain.rows import Rows


def _rows(**columns: list[Any]) -> Rows:
    types = {name: "long" if name == "who" else "string" for name in columns}
    schema = {"name": "Thing", "fields": [{"name": name, "type": kind} for name, kind in types.items()]}
    return Rows(pd.DataFrame(columns), schema, types)


EVENTS = _rows(id=["a", "b"], who=[1, 2])


def test_keys_are_text() -> None:
    assert event_keys(EVENTS, "who") == ["1", "2"]


def test_a_label_with_its_entity_needs_no_event() -> None:
    assert label_keys(_rows(id=["z"], who=[9]), EVENTS, "who", "id", "id") == ["9"]


def test_a_label_without_entity_takes_that_of_its_event() -> None:
    assert label_keys(_rows(of=["b"]), EVENTS, "who", "of", "id") == ["2"]


def test_a_label_of_an_unknown_event_without_entity_is_refused() -> None:
    with pytest.raises(NoEntity, match="names event c"):
        label_keys(_rows(of=["c"]), EVENTS, "who", "of", "id")
