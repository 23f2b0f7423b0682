"""A candidate isn't older than the version that answers."""

from typing import Any

import pytest

from services.registry.domain.offer import outdated
from tests.unit.registry.offered import DAY


def at(days: float, version: str = "v2") -> dict[str, Any]:
    return {"version": version, "dataset": {"clock": int(days * DAY)}}


@pytest.mark.parametrize("days", [10, 10.5, 400])
def test_what_was_made_later_or_of_the_same_is_not_outdated(days: float) -> None:
    assert outdated(at(days), at(10, "v1")) == ""


def test_what_was_made_of_what_was_known_before_is_outdated() -> None:
    assert outdated(at(9.5), at(10, "v1")) == (
        "it is made of what was known at 1970-01-10 12:00, and v1, which answers, at 1970-01-11 00:00"
    )
