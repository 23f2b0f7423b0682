"""Plays a stream to the very code of monitoring, as a fold without a broker, and to its rivals."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.monitoring.domain.alert import Classified, Fact, Raised
from services.monitoring.domain.policy import DAY, Policy
from services.monitoring.domain.reference import Model
from services.monitoring.domain.watch import Watch
from services.monitoring.domain.window import Assembler
from tests.bench.drifting import MATURITY, PAST, Step
from tests.bench.profiled import FIRST, PARTITIONS, RUN, VERSION, told
from tests.bench.rivals import RECONSTRUCTION, STATISTICS, Judged, Reconstructed, River

LEARNT = 28
"""Days until the model comes; its training period."""
SETTLED = 14
"""Days after that until all detectors judge."""


@dataclass
class Heard:
    """What was said. raised: kind, name, day and id of each alert. drift: what was said of each last. fired: days, by
    rival.
    """

    days: int = 0
    events: int = 0
    cpu: float = 0.0
    raised: list[tuple[str, str, int, str]] = field(default_factory=list)
    drift: dict[str, str] = field(default_factory=dict)
    fired: dict[str, list[int]] = field(default_factory=dict)

    def hear(self, facts: Iterable[Fact]) -> None:
        """Take in what was said."""
        for fact in facts:
            if isinstance(fact, Raised):
                self.raised.append((fact.kind, fact.name, (fact.clock - FIRST) // DAY, fact.alert_id))
            if isinstance(fact, Raised | Classified):
                self.drift[fact.alert_id] = fact.drift or ""

    @property
    def kinds(self) -> Counter[str]:
        """How many alerts of each kind."""
        return Counter(kind for kind, *_ in self.raised)


def policy(fields: int, window: int = DAY, features: Sequence[str] = (), numbers: int = 0) -> Policy:
    """One false alarm a week, over everything."""
    return Policy(
        "bench", window, PARTITIONS, fields=fields, reach=dict.fromkeys(features, PAST * DAY), numbers=numbers
    )


def played(steps: Iterable[Step], window: int = DAY, rivals: tuple[str, ...] = (), statistics: bool = False) -> Heard:
    """Watch a stream. window: microseconds; other times are counted in days."""
    per_day = DAY // window
    champion_from = LEARNT * per_day
    heard, watch, others = Heard(), None, _Others(rivals, statistics, champion_from)
    kept: list[Step] = []

    def noticing() -> Iterable[Step]:
        for step in steps:
            kept.append(step)
            yield step

    for one in told(noticing(), window, MATURITY * per_day, champion_from):
        step = kept[-1]
        if watch is None:
            fields, numbers = len(step.numbers) + len(step.categories), len(step.numbers) + len(step.features)
            watch = Watch(policy(fields, window, tuple(step.features), numbers))
        heard.days, heard.events = (one.step + 1) // per_day, heard.events + len(step.places)
        facts = _watched(watch, one.profiles, heard)
        if one.step == champion_from - 1:
            end = FIRST + champion_from * window
            facts += watch.adopt(Model(VERSION, 1, end, FIRST, end - MATURITY * DAY))
        heard.hear(facts)
        others.update(one.step, step, one.profiles)
        kept.clear()
    heard.fired = others.fired
    return heard


def _watched(watch: Watch, profiles: list[dict[str, Any]], heard: Heard) -> list[Fact]:
    before = time.process_time()
    facts = [fact for profile in profiles for fact in watch.update(profile)]
    heard.cpu += time.process_time() - before
    return facts


class _Others:
    """Rivals see the same: errors when their labels are known, fields of the inputs against the same reference."""

    def __init__(self, rivals: tuple[str, ...], statistics: bool, begin: int) -> None:
        self._river, self._begin = [River(name) for name in rivals], begin
        self._statistics, self._assembler, self._features = statistics, Assembler(PARTITIONS), Assembler(PARTITIONS)
        self._seen: list[Any] = []
        self._together: list[Any] = []
        self._reconstructed: Reconstructed | None = None
        self._judged: dict[str, Judged] = {}

    @property
    def fired(self) -> dict[str, list[int]]:
        """Days, by rival."""
        found = {one.name: one.fired for one in self._river} | {n: one.fired for n, one in self._judged.items()}
        return found | ({RECONSTRUCTION: self._reconstructed.fired} if self._reconstructed else {})

    def update(self, number: int, step: Step, profiles: list[dict[str, Any]]) -> None:
        """Take in a day."""
        if number >= self._begin:
            wrong = ((step.score >= 0.5) != step.positive).astype(int).tolist()
            parts = [wrong[first : first + RUN] for first in range(0, len(wrong), RUN)]
            runs = [sum(part) / len(part) for part in parts]
            for one in self._river:
                one.update(number + MATURITY, wrong, runs)
        if self._statistics:
            self._compare(number, profiles)

    def _compare(self, number: int, profiles: list[dict[str, Any]]) -> None:
        for profile in profiles:
            for window in self._assembler.update(profile) if profile["stream"] == "inputs" else ():
                self._seen.append(window)
            for window in self._features.update(profile) if profile["stream"] == "features" else ():
                self._together.append(window.correlation)
        if number == self._begin:
            reference = self._seen[self._begin - MATURITY - 14 : self._begin - MATURITY]
            held = self._together[self._begin - MATURITY - 14 : self._begin - MATURITY]
            self._reconstructed = Reconstructed(policy(1, numbers=2), held)
            self._judged = {name: Judged(policy(len(self._seen[0].fields)), name, reference) for name in STATISTICS}
        for one in self._judged.values():
            one.update(number, self._seen[-1])
        if self._reconstructed:
            self._reconstructed.update(number, self._together[-1])
