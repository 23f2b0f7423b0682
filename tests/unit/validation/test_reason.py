import json
from pathlib import Path

import pytest

from services.validation.domain.reason import Reason, shown

SCHEMA = Path(__file__).parents[3] / "schemas" / "RecordQuarantined.avsc"


def test_a_reason_has_the_fields_of_its_avro_record() -> None:
    written = Reason("amount", "range", "at most 1000", "5000.0").to_record()
    assert written == {"field": "amount", "rule": "range", "expected": "at most 1000", "got": "5000.0"}
    (reasons,) = [field for field in json.loads(SCHEMA.read_text())["fields"] if field["name"] == "reasons"]
    assert list(written) == [field["name"] for field in reasons["type"]["items"]["fields"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [("1", "'1'"), (1, "1"), (1.0, "1.0"), (None, "None"), (True, "True"), ("", "''"), ("a\nb", r"'a\nb'")],
)
def test_values_of_different_types_look_different_and_stay_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_value_is_shown_whole_up_to_80_characters_and_cut_beyond() -> None:
    whole, long = "x" * 78, "x" * 79
    assert shown(whole) == f"'{whole}'"
    assert shown(long) == f"'{whole}…"
    assert len(shown(whole)) == len(shown(long)) == 80


def test_a_large_object_is_cut_too() -> None:
    text = shown({"items": list(range(10_000))})
    assert text.startswith("{'items': [0, 1, 2")
    assert (len(text), text[-1]) == (80, "…")
