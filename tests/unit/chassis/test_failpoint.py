"""Faults happen at the visit that was asked for, and nowhere else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException

from services.chassis import failpoint
from services.chassis.errors import TransientError
from services.chassis.failpoint import POINTS, Faults

SERVICES = Path(failpoint.__file__).parents[1]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoint.arm(Faults(failpoint="", sabotage=""))


def arm(text: str = "", sabotage: str = "") -> None:
    failpoint.arm(Faults(failpoint=text, sabotage=sabotage))


def test_nothing_happens_unless_asked_for() -> None:
    for name in POINTS:
        failpoint.hit(name)
        with failpoint.during(name):
            pass
    assert not any(failpoint.is_left_out(duty) for duty in failpoint.DUTIES)


def test_the_nth_visit_of_one_point_is_hit_and_no_other() -> None:
    arm("poll:3:raise,apply:1:raise")
    failpoint.hit("poll")
    failpoint.hit("poll")
    failpoint.hit("begin")
    with pytest.raises(TransientError, match="poll"):
        failpoint.hit("poll")
    failpoint.hit("poll")
    with pytest.raises(TransientError, match="apply"):
        failpoint.hit("apply")


@pytest.mark.parametrize(("name", "abortable"), [("begin", True), ("offsets", True), ("committed", False)])
def test_within_a_transaction_the_error_is_kafkas(name: str, abortable: bool) -> None:
    arm(f"{name}:1:raise")
    with pytest.raises(KafkaException) as caught:
        failpoint.hit(name)
    assert caught.value.args[0].txn_requires_abort() is abortable


@pytest.mark.parametrize("text", ["poll:1", "nowhere:1:kill", "poll:first:kill", "poll:1:explode"])
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        arm(text)


def test_only_a_known_duty_can_be_left_out() -> None:
    arm(sabotage="rewind,recycling")
    assert failpoint.is_left_out("rewind")
    assert not failpoint.is_left_out("group-metadata")
    with pytest.raises(ValueError, match="laundry"):
        arm(sabotage="laundry")


def test_every_catalogued_point_stands_in_the_code_once_and_no_other() -> None:
    used = [
        name
        for path in SERVICES.rglob("*.py")
        for name in re.findall(r'failpoint\.(?:hit|during)\("([a-z]+)"\)', path.read_text())
    ]
    assert sorted(used) == sorted(POINTS)
