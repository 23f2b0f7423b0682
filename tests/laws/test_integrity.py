"""From raw records to alerts: what validation knows of a stream is what monitoring judges, wherever batches are cut."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from services.contracts.record import Output
from services.monitoring.domain.alert import Cleared, Fact, Raised
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.watch import Watch
from tests.unit.validation import scene
from tests.unit.validation.scene import HOUR, START, bought, record

AN_HOUR = 30
STEP = scene.step()


@cache
def orders(first: int, last: int, broken: bool = False) -> Sequence[dict[str, Any]]:
    """Of hours from `first` up to `last`, thirty each; where they are broken one in five is refused."""
    return [
        bought(number, at=START + number * HOUR // AN_HOUR, amount=-1.0 if broken and number % 5 == 0 else 10.0)
        for number in range(first * AN_HOUR, last * AN_HOUR)
    ]


def validated(values: Sequence[dict[str, Any]], size: int, live: bool, silent: int = 0) -> list[Output]:
    """What validation writes of them in batches, then in hours in which nothing comes."""
    state, outputs = STEP.new_state(0), []
    batch = [
        record(value, offset=at, **({"timestamp": value["at"]} if live else {})) for at, value in enumerate(values)
    ]
    for first in range(0, len(batch), size):
        outputs += scene.run(STEP, state, batch[first : first + size])
    for hour in range(silent):
        idle = STEP.idle(state, values[-1]["at"] + (hour + 1) * HOUR)
        if idle is not None:
            state.apply(idle.staged)
            outputs += idle.outputs
    return outputs


def alerts(outputs: Sequence[Output]) -> list[Fact]:
    watch = Watch(Policy("shop", HOUR, 1, fields=6))
    return [fact for one in outputs if one.topic == "profiles" and one.value for fact in watch.update(one.value)]


def names(facts: Sequence[Fact]) -> list[tuple[str, str]]:
    return [(fact.kind, fact.name) for fact in facts if isinstance(fact, Raised)]


def test_what_is_refused_is_told_of_the_same_wherever_batches_are_cut() -> None:
    values = [*orders(0, 60), *orders(60, 84, broken=True)]
    told = [alerts(validated(values, size, live=False)) for size in (7, 1000, 10_000)]
    assert names(told[0]) == [("integrity", "rejected")]
    assert told[0] == told[1] == told[2]


def test_a_live_source_that_falls_silent_is_told_of_until_it_is_back() -> None:
    values = orders(0, 60)
    facts = alerts(validated(values, 500, live=True, silent=5))
    (alert,) = facts
    assert isinstance(alert, Raised)
    assert (alert.kind, alert.name) == ("integrity", "silent")
    assert alert.clock <= values[-1]["at"] + 3 * HOUR
    back = [*values, *orders(64, 67)]
    assert [type(fact) for fact in alerts(validated(back, 500, live=True))] == [Raised, Cleared]


def test_a_history_that_ends_is_not_silent() -> None:
    values = [*orders(0, 60), {"time": START + 100 * HOUR}]
    assert alerts(validated(values, 500, live=False)) == []
