from dataclasses import replace
from typing import Any

from services.outcomes.domain.acting import Acting
from services.outcomes.domain.conflict import Conflict
from services.outcomes.domain.policy import Policy
from tests.unit.outcomes.log import DAY, HOUR, MINUTE

POLICY = Policy(maturity=2 * DAY, lateness=10 * MINUTE, window=DAY, slices=("region",))


def test_windows_are_multiples_since_1970() -> None:
    assert [POLICY.window_of(time) for time in (0, DAY - 1, DAY, -1)] == [0, 0, DAY, -DAY]


def test_a_window_has_sixteen_slots_whatever_its_length() -> None:
    for window in (DAY, 7, 16, 1_000_003):
        policy = replace(POLICY, window=window)
        for slot in range(-40, 40):
            start, end = policy.slot_start(slot), policy.slot_start(slot + 1)
            assert {policy.slot_of(time) for time in (start, end - 1) if start < end} <= {slot}
            assert start == end or policy.window_of(start) == slot // 16 * window


def test_each_setting_changes_the_digest() -> None:
    changes: list[dict[str, Any]] = [
        {"maturity": DAY},
        {"lateness": HOUR},
        {"window": HOUR},
        {"negative_silence": True},
        {"slices": ()},
    ]
    changes += [
        {"conflict": Conflict("first")},
        {"conflict": Conflict("priority", ("court",))},
        {"acting": Acting("decision")},
    ]
    digests = {POLICY.digest, *(replace(POLICY, **change).digest for change in changes)}
    assert len(digests) == 9


def test_a_window_is_known_for_two_maturities_after_its_last_event_may_come() -> None:
    assert POLICY.forgotten_at(0) == DAY + 10 * MINUTE + 4 * DAY


def test_one_more_class_at_the_end_leaves_the_state_as_it_is() -> None:
    three = Policy(1, 1, 1, kind="multiclass", classes=("a", "b", "c"))
    assert replace(three, classes=("a", "b", "c", "d")).digest == three.digest
    assert [three.class_of(number) for number in (2.0, 0, None)] == ["c", "a", None]
    assert Policy(1, 1, 1).class_of(1.0) is None
