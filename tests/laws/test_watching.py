"""Both models' answers, joined with the truth and told, are watched: outcomes play into monitoring."""

import random
from functools import cache
from typing import Any

import pytest

from services.monitoring.domain.alert import Raised
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reference import Model
from services.monitoring.domain.watch import Watch
from tests.unit.outcomes.log import DAY, Log, run, values

EVENTS = 120
"""Of a day. From day CHANGED on the champion, m1, decides most of them wrongly."""
DAYS, CHANGED, FLIGHT = 36, 24, 20
BESIDE = "beside"
Profile = dict[str, Any]


@cache
def told(share: float | None, champion: str = "m1") -> tuple[Profile, ...]:
    """Profiles while m2 answers a share from day FLIGHT on; with None nothing is in flight."""
    log, chance = Log(), random.Random("watching")
    model, _, policy = champion.partition(".")
    for day in range(DAYS):
        for place in range(EVENTS):
            name, at = f"{day}-{place}", day + (place + 0.5) / EVENTS
            bad, errs = chance.random() < 0.3, chance.random() < (0.1 if day < CHANGED else 0.6)
            own, other, drawn = 0.9 if bad != errs else 0.1, chance.random(), chance.random()
            if share is None or day < FLIGHT:
                log.event(name, at, own, model, policy=policy)
            elif drawn < share:
                log.event(name, at, other, "m2", beside=(champion, own), arm="challenger", policy="p1")
            else:
                log.event(name, at, own, model, policy=policy, beside=("m2", other))
            log.label(name, float(bad), at + 0.4)
    return tuple(values(run(log.tick(DAYS + 3), limit=500)[0], "ProfileClosed"))


def alerts(profiles: tuple[Profile, ...]) -> list[Raised]:
    watch = Watch(Policy("loans", DAY, 1))
    watch.adopt(Model("m1", 1))
    facts = [fact for one in profiles for fact in watch.update(one | {"partition": 0})]
    return [fact for fact in facts if isinstance(fact, Raised) and fact.kind == "quality"]


@pytest.mark.parametrize("champion", ["m1", "m1.p2"])
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_canary_hides_nothing_of_the_champion(share: float, champion: str) -> None:
    """At whatever share, the same windows, to the bit, and so the same alert at the same window."""
    alone, beside = told(None, champion), told(share, champion)

    def champions(profiles: tuple[Profile, ...]) -> list[Profile]:
        its = [one for one in profiles if one["version"] == champion and one["stream"] in ("scores", "quality")]
        return [{name: value for name, value in one.items() if name != BESIDE} for one in its]

    assert champions(beside) == champions(alone)
    [alert] = alerts(alone)
    assert alert.clock // DAY in range(CHANGED, CHANGED + 5)
    assert alerts(beside) == [alert]


def test_of_the_answers_each_is_one_versions() -> None:
    """What is told of two models adds up to the events, once what was said beside is taken off."""
    scores = [one for one in told(0.25) if one["stream"] == "scores"]
    given = {version: _answers(scores, version) for version in ("m1", "m2")}
    assert sum(given.values()) == DAYS * EVENTS
    assert given["m2"] == pytest.approx((DAYS - FLIGHT) * EVENTS / 4, rel=0.1)


def _answers(scores: list[Profile], version: str) -> int:
    return sum(one["rows"] - one[BESIDE] for one in scores if one["version"] == version)
