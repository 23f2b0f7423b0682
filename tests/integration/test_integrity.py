"""Validation and monitoring on real topics: what is refused is counted once, whatever dies, and told of."""

import shutil
from collections import Counter
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.conftest import MakePlatform
from tests.platform import Platform

DAY = 86_400_000_000
START = 19_600 * DAY
A_DAY = 240
BROKEN = 16
"""Day from which on a tenth of the amounts is below what is allowed."""
LIMIT = 120.0


@pytest.fixture
def platform(make_platform: MakePlatform) -> Platform:
    return make_platform({"window: 1h}": "window: 1d}"})


def orders(first: int, last: int) -> list[tuple[str, dict[str, Any]]]:
    """Of the days from `first` up to `last`; every tenth is refused once it is broken."""
    told = []
    for number in range(first * A_DAY, last * A_DAY):
        shop = f"s{number % 7}"
        amount = -1.0 if number >= BROKEN * A_DAY and number % 10 == 0 else 1.0 + number % 50
        value = {"order_id": f"o{number}", "at": START + number * DAY // A_DAY, "shop": shop, "amount": amount}
        told.append((shop, value | {"kind": "abc"[number % 3]}))
    return told


def test_what_validation_refuses_is_counted_once_though_it_is_killed_and_monitoring_tells_of_it(
    platform: Platform,
) -> None:
    platform.publish("events.raw", "small.Order", orders(0, 20))
    child = platform.start("validation")
    eventually(lambda: platform.read("events.quarantined"), LIMIT)
    # nothing of its state is left but what it wrote
    platform.kill(child)
    shutil.rmtree(platform.settings.state_dir)
    platform.start("validation")
    platform.publish("events.raw", "driftmill.Tick", [(f"s{shop}", {"time": START + 22 * DAY}) for shop in range(7)])
    platform.start("monitoring")
    platform.drained("validation", within=LIMIT)
    platform.drained("monitoring", within=LIMIT)
    counted: Counter[int] = Counter()
    for record in platform.read("profiles"):
        day = (record.value["window_start"] - START) // DAY
        counted[day] += sum(one["rows"] for one in record.value["refused"])
    assert {day: rows for day, rows in counted.items() if rows} == dict.fromkeys(range(BROKEN, 20), A_DAY // 10)
    (alert,) = [one.value for one in platform.read("alerts", "driftmill.AlertRaised")]
    assert (alert["kind"], alert["name"], alert["clock"]) == ("integrity", "rejected", START + 18 * DAY)
    assert "(amount range)" in alert["message"]
