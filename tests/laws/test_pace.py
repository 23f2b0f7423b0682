"""A replay at any pace leads to the same runs and models: its source is held while a run goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.chassis import clock
from services.contracts.record import Output, Record
from services.ingestion.adapters.pace import OnWait, Pace
from services.ingestion.step import Replay, Row
from services.registry.domain.acceptance import Verdict
from services.registry.domain.plan import Plan
from services.registry.step import RegistryStep
from services.training.domain.history import Value
from services.training.step import TrainingStep
from tests.unit.ingestion.test_step import made_stream
from tests.unit.training.story import DAY, HOUR, START, alert, dataset, pipeline

RUN_SECONDS = 30_000.0
"""A run takes this long, whatever the pace: a third of a day, or at twenty times the speed a week of events."""
DAYS = 14
STANDS_FOR = 40
"""Rows of a dataset to each label that is played."""


@dataclass
class Loop:
    """Training and the registry with all that lies before them, on a clock that only waiting moves."""

    now: float = 0.0
    labels: int = 0
    begun: float | None = None
    told: list[Output] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.training = TrainingStep(pipeline(), lambda: self.champion, lambda: None, self)
        self.registry = RegistryStep(lambda _: Verdict(True, ()), Plan())
        self.history, self.versions = self.training.new_state(0), self.registry.new_state(0)

    @property
    def champion(self) -> str | None:
        return None if self.versions.champion is None else self.versions.champion.name

    # what is played
    def event(self, kind: str, key: str, value: Row) -> None: ...

    def label(self, kind: str, key: str, value: Row) -> None:
        self.labels += 1

    def tick(self, time: int) -> None:
        day, rows = (time - START) / DAY, STANDS_FOR * self.labels
        if 6 < day <= 7:
            self.take("alerts", *alert("a1", 6, 5))
        self.take("datasets", *dataset(day, rows, rows // 3))

    # time
    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time passes, and a run with it."""
        self.now += seconds
        self.look()

    def wait_settled(self, timeout: float, on_wait: OnWait) -> bool:
        while self.history.open_run is not None:
            self.sleep(1_000)
        return True

    # runs
    def result_of(self, run: Value) -> Mapping[str, Any] | None:
        if self.begun is None or self.now < self.begun + RUN_SECONDS:
            return None
        candidate = dict.fromkeys(("model_uri", "model_digest", "key_id"), run["version"])
        candidate |= {"manifest": run["version"].encode(), "signature": b"s"}
        return {"outcome": "candidate", "reason": "best", "report": {}, "candidate": candidate}

    def steps_of(self, run: Value) -> Sequence[str]:
        return []

    def look(self) -> None:
        result = self.training.idle(self.history, 0)
        if result is not None:
            self.history.apply(result.staged)
            self.follow(result.outputs)

    def take(self, topic: str, kind: str, value: Mapping[str, Any]) -> None:
        result = self.training.process(self.history, [Record(topic, 0, 0, 0, "", kind, value)])
        self.history.apply(result.staged)
        self.follow(result.outputs)

    def follow(self, outputs: Sequence[Output]) -> None:
        self.told += outputs
        if any(one.kind == "driftmill.RunStarted" for one in outputs):
            self.begun = self.now
        for one in outputs:
            if one.topic == "candidates" and one.value is not None:
                judged = self.registry.process(self.versions, [Record("candidates", 0, 0, 0, "", one.kind, one.value)])
                self.versions.apply(judged.staged)
                self.told += judged.outputs

    def said(self) -> list[tuple[str, Any]]:
        return [(one.topic, one.value) for one in self.told if one.topic in ("runs", "models", "models.history")]


def played(monkeypatch: pytest.MonkeyPatch, speed: float | None, is_held: bool) -> list[tuple[str, Any]]:
    """What runs and models come to be. is_held: the source rests until they are done."""
    loop = Loop()
    monkeypatch.setattr(clock, "monotonic", loop.monotonic)
    monkeypatch.setattr(clock, "sleep", loop.sleep)
    times = list(range(START - START % DAY, START + DAYS * DAY, HOUR))
    pace = Pace(speed, loop if is_held else None, 60, lambda _: None)
    Replay(loop, pace, lambda _: None, DAY, 0, HOUR, final=False).play(made_stream(times, [at + 1 for at in times]))
    loop.wait_settled(0, lambda _: None)
    return loop.said()


def test_slow_fast_and_as_fast_as_can_be_give_equal_runs_and_models(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, fast, fastest = (played(monkeypatch, speed, is_held=True) for speed in (1.0, 20.0, None))
    assert slow == fast == fastest
    versions = [
        value["version"] for topic, value in slow if topic == "models.history" and value["to_state"] == "champion"
    ]
    assert len(versions) > 3
    assert any(value.get("trigger") == "alert" for topic, value in slow if topic == "runs")


def test_it_is_the_holding_that_makes_them_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, fast = (played(monkeypatch, speed, is_held=False) for speed in (1.0, 20.0))
    assert slow != fast
