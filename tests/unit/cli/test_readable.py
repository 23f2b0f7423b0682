"""Records are shown with features by name and times as text."""

import struct

from services.cli.readable import readable


def test_features_have_their_names() -> None:
    value = {
        "seq": 1,
        "event_time": 1_735_689_600_000_000,
        "numbers": struct.pack("<2f", 1.5, 2.0),
        "categories": ["NL"],
    }
    assert readable(value, ("a", "b"), ("country",)) == {
        "seq": 1,
        "event_time": "2025-01-01T00:00:00Z",
        "features": {"a": 1.5, "b": 2.0, "country": "NL"},
    }


def test_a_vector_of_another_layout_is_not_misnamed() -> None:
    value = {"numbers": struct.pack("<1f", 1.5), "categories": ["NL"]}
    assert readable(value, ("a", "b"), ("country",))["features"] == {"unnamed": [1.5], "categories": ["NL"]}


def test_bytes_are_json_or_hexadecimal() -> None:
    shown = readable({"report": b'{"rows": 3}', "signature": b"\x01\x02", "range": [{"clock": 0}]}, (), ())
    assert shown == {"report": {"rows": 3}, "signature": "0102", "range": [{"clock": "1970-01-01T00:00:00Z"}]}
