from typing import Any

import pytest

from services.validation.domain.conversion import Conversion, microseconds
from tests.unit.validation.scene import EVENT_FIELDS, START, bought, pipeline

CONVERSION = Conversion({"fields": EVENT_FIELDS}, pipeline().resolved.event_types, frozenset({"card"}))


def read(**changes: Any) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    payload, reasons = CONVERSION.read(bought(0) | changes)
    return payload, {(reason.field, reason.rule) for reason in reasons}


def test_an_object_of_the_right_types_is_taken_as_it_is() -> None:
    assert read() == (bought(0), set())


def test_what_is_absent_gets_its_default_or_null() -> None:
    given = bought(0)
    for name in ("items", "code", "trusted"):
        del given[name]
    payload, reasons = CONVERSION.read(given)
    assert (payload["items"], payload["code"], payload["trusted"], reasons) == (None, "0000", None, [])


def test_unknown_names_are_left_out() -> None:
    assert "colour" not in read(colour="red")[0]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("amount", "5", "type"),
        ("amount", True, "type"),
        ("amount", None, "null"),
        ("items", 1.5, "type"),
        ("items", 2**31, "type"),
        ("items", "1", "type"),
        ("trusted", 1, "type"),
        ("id", 7, "type"),
        ("channel", "fax", "type"),
        ("channel", [], "type"),
        ("at", "yesterday", "type"),
        ("at", 1.5, "type"),
        ("at", 2**64 - 1, "type"),
        ("who", None, "null"),
        ("who", {"name": "anna"}, "type"),
    ],
)
def test_a_value_of_another_type_is_a_reason(name: str, value: Any, rule: str) -> None:
    assert read(**{name: value})[1] == {(name, rule)}


def test_a_whole_number_fits_where_its_value_does() -> None:
    payload, reasons = read(amount=3, items=2.0)
    assert (payload["amount"], payload["items"], reasons) == (3.0, 2, set())
    assert type(payload["amount"]) is float
    assert type(payload["items"]) is int


@pytest.mark.parametrize(
    "text",
    [
        "2024-10-04T00:00:00Z",
        "2024-10-04T00:00:00",
        "2024-10-04",
        "2024-10-04T02:00:00.000000+02:00",
        START,
    ],
)
def test_times_are_iso_text_or_microseconds(text: Any) -> None:
    assert microseconds(text) == START


def test_microseconds_are_kept_exactly() -> None:
    assert microseconds("2024-10-04T00:00:00.000001Z") == START + 1
    assert microseconds("1969-12-31T23:59:59.999999Z") == -1


def test_reasons_do_not_show_personal_data() -> None:
    _, (reason,) = CONVERSION.read(bought(0, card=4111))
    assert reason.got == "(masked)"


def test_reasons_say_what_was_expected_and_found() -> None:
    _, (reason,) = CONVERSION.read(bought(0, channel="x" * 200))
    assert reason.expected == "one of chip, online"
    assert len(reason.got) == 80
