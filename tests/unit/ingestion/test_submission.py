from typing import Any

import orjson
import pytest

from services.ingestion.domain.submission import MAX_RECORD_BYTES, MAX_RECORDS, Shape, Submitted, Unacceptable

SHAPE = Shape("id", "who")
GOOD: dict[str, Any] = {"id": "e1", "who": "anna", "amount": 1.5}


def read(value: Any, header_id: str | None = None) -> list[Submitted]:
    return SHAPE.read(orjson.dumps(value), header_id)


def refusal(body: bytes) -> tuple[int, str]:
    with pytest.raises(Unacceptable) as caught:
        SHAPE.read(body)
    return caught.value.status, str(caught.value)


def test_an_object_is_one_record() -> None:
    (record,) = read(GOOD)
    assert (record.event_id, record.key, orjson.loads(record.data)) == ("e1", b"anna", GOOD)


def test_an_array_is_as_many_in_their_order() -> None:
    assert [record.event_id for record in read([GOOD, GOOD | {"id": "e2"}])] == ["e1", "e2"]


def test_names_may_be_whole_numbers() -> None:
    (record,) = read({"id": 7, "who": 8})
    assert (record.event_id, record.key) == ("7", b"8")


def test_a_header_names_a_single_event_that_does_not_name_itself() -> None:
    (record,) = read({"who": "anna"}, "from-header")
    assert record.event_id == "from-header"
    assert orjson.loads(record.data)["id"] == "from-header"
    assert read(GOOD, "from-header")[0].event_id == "e1"
    with pytest.raises(Unacceptable):
        read([GOOD, {"who": "anna"}], "from-header")


@pytest.mark.parametrize(
    "value",
    [
        [],
        "text",
        3,
        None,
        [GOOD, 3],
        {"id": "e1"},
        {"who": "anna"},
        GOOD | {"who": ""},
        GOOD | {"who": None},
        GOOD | {"who": True},
        GOOD | {"id": 1.5},
        GOOD | {"id": {"x": 1}},
    ],
)
def test_another_shape_is_refused(value: Any) -> None:
    assert refusal(orjson.dumps(value))[0] == 400


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"id": NaN}', b"[" * 5000])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert refusal(body)[0] == 400


def test_a_refusal_names_the_record() -> None:
    assert "record 1" in refusal(orjson.dumps([GOOD, {"id": "e2"}]))[1]


def test_deep_nesting_is_refused() -> None:
    assert SHAPE.read(b'{"id":"e","who":"a","x":' + b"[" * 15 + b"1" + b"]" * 15 + b"}")
    assert "nested" in refusal(b'{"id":"e","who":"a","x":' + b"[" * 20 + b"1" + b"]" * 20 + b"}")[1]


def test_too_many_and_too_large_are_refused() -> None:
    assert refusal(orjson.dumps([GOOD] * (MAX_RECORDS + 1)))[0] == 400
    assert refusal(orjson.dumps(GOOD | {"note": "x" * MAX_RECORD_BYTES}))[0] == 413
