import math
from typing import Any

import pytest

from services.contracts.pipeline.event import EventField
from services.contracts.reference import reference_to
from services.validation.domain.rules import Rules

TYPES = {"amount": "double", "items": "int", "code": "string", "at": "timestamp", "flag": "boolean"}
KINDS: dict[str, Any] = {"amount": "number", "items": "number", "code": "category", "at": "time", "flag": "flag"}
ROW: dict[str, Any] = {"amount": 5.0, "items": 2, "code": "A", "at": 0, "flag": True}


def broken(field: EventField | None = None, name: str = "amount", **changes: Any) -> set[tuple[str, str]]:
    """Judges the changed row between two good ones."""
    rules = Rules(TYPES, {} if field is None else {name: field}, KINDS)
    found = rules.broken([ROW, ROW | changes, ROW])
    assert set(found) <= {1}
    return {(reason.field, reason.rule) for reason in found.get(1, [])}


def test_nothing_is_broken_by_default() -> None:
    assert broken() == set()
    assert Rules(TYPES, {}, KINDS).broken([]) == {}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_must_be_finite(value: float) -> None:
    assert broken(amount=value) == {("amount", "type")}


def test_null_breaks_no_rule_but_null() -> None:
    field = EventField(min=1.0, max=9.0, check="amount > 1")
    assert broken(field, amount=None) == set()
    assert broken(EventField(nullable=False), amount=None) == {("amount", "null")}


@pytest.mark.parametrize(("value", "ok"), [(0.9, False), (1.0, True), (9.0, True), (9.1, False)])
def test_range(value: float, ok: bool) -> None:
    assert broken(EventField(min=1.0, max=9.0), amount=value) == (set() if ok else {("amount", "range")})


def test_range_of_whole_numbers() -> None:
    field = EventField(min=1.0)
    assert broken(field, "items", items=0) == {("items", "range")}
    assert broken(field, "items", items=None) == set()


def test_set() -> None:
    assert broken(EventField(one_of=("A", "B")), "code", code="C") == {("code", "set")}
    assert broken(EventField(one_of=("A", "B")), "code", code="B") == set()
    assert broken(EventField(one_of=(1.0, 2.0)), "items", items=3) == {("items", "set")}


def test_pattern_is_of_the_whole_value() -> None:
    field = EventField(pattern="[A-Z]")
    assert broken(field, "code", code="Q") == set()
    assert broken(field, "code", code="QQ") == {("code", "pattern")}
    assert broken(field, "code", code=None) == set()


def test_check_may_read_other_fields() -> None:
    field = EventField(check="amount > items and code != 'X' and flag")
    assert broken(field, amount=2.5) == set()
    assert broken(field, amount=1.5) == {("amount", "check")}
    assert broken(field, code="X") == {("amount", "check")}
    assert broken(field, flag=False) == {("amount", "check")}
    assert broken(field, items=None) == {("amount", "check")}


def test_times_lie_within_the_calendar() -> None:
    assert broken(at=10**18) == {("at", "range")}
    assert broken(at=-(10**18)) == {("at", "range")}


def test_reasons_hide_personal_values() -> None:
    rules = Rules(TYPES, {"code": EventField(pattern="A", pii="hash")}, KINDS)
    (reason,) = rules.broken([ROW | {"code": "secret"}])[0]
    assert reason.got == "(masked)"


def test_a_reference_is_a_digest_or_null() -> None:
    digest = reference_to(b"image")
    rules = Rules({"image": "string"}, {}, {"image": "reference"})
    given = [digest, None, digest.upper(), digest[:-1], "", "file:///etc/passwd", f"{digest}\n"]
    found = rules.broken([{"image": value} for value in given])
    assert set(found) == {2, 3, 4, 5, 6}
    assert {(one.field, one.rule) for reasons in found.values() for one in reasons} == {("image", "type")}
