"""How often monitoring alarms for nothing, how soon it sees a change, and what it costs; beside river's detectors."""

from collections.abc import Callable
from typing import Any

from services.monitoring.domain.policy import DAY
from tests.bench.drifting import Plan, stream
from tests.bench.flown import flights, shuffled
from tests.bench.ground import say
from tests.bench.rivals import BY_RUNS, DETECTORS
from tests.bench.watching import LEARNT, Heard, played

SEEDS = 20
_FEW_SEEDS = 2
"""Of what takes long: rivals on a million events, and KSWIN, which takes 0.3 ms a value."""
_HOUR_SEEDS = 4
AT, AFTER = LEARNT + 42, 42
"""Day of a change; days after it in which it must be seen."""
FEW = 1_000
"""Events a day of a stream that changes."""
_CALM = Plan(420, 2_500)
_HOURS = Plan(120 * 24, 104, day=24)
_FULL_HOURS = Plan(60 * 24, 312, day=24)
"""Of three times the events: what they cost, not how often they alarm."""
CHANGES = {
    f"{what}, {how}": Plan(AT + AFTER, FEW, change=what, at=AT, over=over)
    for what in ("virtual", "together", "busy", "real")
    for how, over in (("sudden", 0), ("gradual over 14 days", 14))
}


def measure() -> dict[str, Any]:
    """What is kept, as JSON holds it."""
    flown = flights()
    return {
        "stationary": _each("stationary", SEEDS, _stationary),
        "changed": {name: _each(name, SEEDS, _changed(plan)) for name, plan in CHANGES.items()},
        "flights": _each("flights", SEEDS, lambda seed: played(shuffled(flown, seed, LEARNT), statistics=True)),
        "hours": _each("hours", _HOUR_SEEDS, lambda seed: played(stream(_HOURS, seed), DAY // 24)),
        "full hours": _each("full hours", _FEW_SEEDS, lambda seed: played(stream(_FULL_HOURS, seed), DAY // 24)),
    }


def _stationary(seed: int) -> Heard:
    few = seed < _FEW_SEEDS
    return played(stream(_CALM, seed), rivals=tuple(DETECTORS) if few else (), statistics=few)


def _changed(plan: Plan) -> Callable[[int], Heard]:
    def play(seed: int) -> Heard:
        real, all_ = plan.change == "real", seed < _FEW_SEEDS
        rivals = [name for name in DETECTORS if real and (all_ or name not in BY_RUNS)]
        return played(stream(plan, seed), rivals=tuple(rivals), statistics=not real)

    return play


def _each(name: str, seeds: int, play: Callable[[int], Heard]) -> list[dict[str, Any]]:
    found = []
    for seed in range(seeds):
        heard = play(seed)
        found.append({name: getattr(heard, name) for name in ("days", "events", "cpu", "raised", "drift", "fired")})
        say(f"{name}, seed {seed}: {dict(heard.kinds)}, {heard.cpu:.2f} s")
    return found
