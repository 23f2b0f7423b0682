"""How long the closed loop takes from a drift to the model that answers to it, and how good answers are then."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.broker.local import Endpoints
from services.chassis import clock
from tests.loop.account import Happening, Stretch, happenings, quiet, stretch
from tests.loop.play import DIRECTORY, TOPICS, play
from tests.loop.turning import A_DAY, END, SLOW, SLOWED, SUDDEN, story
from tests.platform import Platform, pipeline_named
from tests.results.page import table

SEED = 7
_STEPS = ("alert", "run", "shadow", "champion")


def measure(endpoints: Endpoints, home: Path) -> dict[str, Any]:
    """Play the story of tests/loop through all services. Times are days of the story."""
    platform = Platform.create(endpoints, pipeline_named(f"l{uuid.uuid4().hex[:8]}", DIRECTORY), home)
    begun = clock.monotonic()
    try:
        play(platform, SEED)
        topics = {topic: platform.read(topic) for topic in TOPICS}
    finally:
        platform.close()
    told = happenings(topics)
    stretches = [asdict(stretch(topics["outcomes"], story(SEED), *days)) for days in quiet(told)]
    changes = {name: _answered(told, day) for name, day in (("at once", SUDDEN), (f"over {SLOWED - SLOW} days", SLOW))}
    return {"seconds": clock.monotonic() - begun, "changes": changes, "stretches": stretches}


def section(found: Mapping[str, Any]) -> str:
    """Its part of the page."""
    days = [(name, its["day"], *(its[step] for step in _STEPS)) for name, its in found["changes"].items()]
    its = [Stretch(**one) for one in found["stretches"]]
    worse = [(f"{one.first} to {one.last}", f"{one.live:.4f}", f"{one.best:.4f}", f"{one.ratio:.3f}") for one in its]
    return f"""## From drift to champion

`scripts/bench loop` plays {END} days of {A_DAY} events, whose labels come a day later, through all services on a real
broker, in {found["seconds"]:.0f} s; `scripts/loop` asserts how it goes. A run waits for 2,400 labels after the change,
shadow takes a day, a canary of 25 % and one of 100 % a day each, and labels confirm by windows of a day.

{table(("change", "day", "alert", "run", "shadow", "champion"), days)}

Squared error of the answers, where nothing has changed since the last release, beside that of the best of two learners
fitted in hindsight on every other day of the same time:

{table(("days", "as answered", "best", "ratio, at most 1.1"), worse)}"""


def _answered(told: Sequence[Happening], change: int) -> dict[str, float]:
    """The day of each step that followed."""
    after = [one for one in told if one.day >= change]
    return {"day": change} | {step: next(one.day for one in after if one.what == step) for step in _STEPS}
