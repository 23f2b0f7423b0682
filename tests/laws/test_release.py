"""Both models' answers, joined with the truth and told, take a version its way: serving plays into the registry."""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.chassis.step import Waiting
from services.contracts.partition import partition_of
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Record, plain_of
from services.inference.domain.challenger import Challenger
from services.inference.domain.vectors import Vectors
from services.inference.step import InferenceStep
from services.kernel.vector import pack
from services.outcomes.step import OutcomesStep
from services.registry.domain.plan import Plan
from tests.laws.flow import records_of
from tests.unit.inference.scene import PIPELINE as SHOP
from tests.unit.inference.test_step import Amounts
from tests.unit.registry.play import CONFIRMED, DAY, SHADOW, STEPS, Play, asked, labelled

EVENTS, PARTITIONS = 100, 2
"""Of a day and partition. An event turns out bad with its amount for a chance."""
HOUR = DAY // 24
PLAN = replace(
    CONFIRMED,
    stages=(replace(SHADOW, at_least=300), *(replace(one, at_least=20) for one in STEPS)),
    partitions=PARTITIONS,
)


def pipeline() -> Pipeline:
    texts = dict(SHOP.texts)
    known = "known: {time: known_at"
    assert known in texts["pipeline.yaml"]
    file = texts["pipeline.yaml"].replace(known, f"{known}, expected_after: 12h, maturity: 1d")
    return Pipeline.from_texts(texts | {"pipeline.yaml": f"{file}monitor: {{window: 1d}}\n"})


class Faithful(Amounts):
    """Knows the chance."""


class Turned(Amounts):
    """Takes the good for the bad."""

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        return 1.0 - super().scores(vectors)


@dataclass
class Partition:
    """Events of one partition on their way through inference and outcomes."""

    number: int
    inference: InferenceStep
    outcomes: OutcomesStep
    chance: random.Random
    sides: dict[str, Waiting] = field(default_factory=dict)
    seq: int = 0

    def __post_init__(self) -> None:
        self.asked, self.joined = self.inference.new_state(self.number), self.outcomes.new_state(self.number)
        self.sides = {topic: Waiting(deque(), True) for topic in self.outcomes.inputs}

    def day(self, day: int) -> Iterator[dict[str, Any]]:
        """The profiles that follow from a day."""
        amounts = [(place + 0.5) / EVENTS for place in range(EVENTS)]
        self.chance.shuffle(amounts)
        vectors = [self._vector(day, place, amount) for place, amount in enumerate(amounts)]
        result = self.inference.process(self.asked, vectors)
        self.asked.apply(result.staged)
        for topic in ("predictions", "predictions.shadow"):
            self.sides[topic].records.extend(records_of(result.outputs, topic))
        for vector, amount in zip(vectors, amounts, strict=True):
            self._tell("EventAccepted", self._event(vector))
            self._tell("LabelAccepted", self._label(vector, float(self.chance.random() < amount)))
        self._tell("Tick", {"time": (day + 1) * DAY})
        return self._profiles()

    def _vector(self, day: int, place: int, amount: float) -> Record:
        seq, self.seq = self.seq, self.seq + 1
        known = {"seq": seq, "event_id": f"{self.number}-{seq}", "event_time": day * DAY + place * (DAY // 2 // EVENTS)}
        known |= {"feature_set": SHOP.resolved.feature_set, "categories": ["DE"], "error": None}
        known |= {"numbers": pack(np.array([[amount, 30.0]], np.float32))[0]}
        key = f"customer-{self.chance.randrange(10_000)}"
        return Record("features", self.number, seq, 0, key, "driftmill.FeatureVector", known)

    def _event(self, vector: Record) -> dict[str, Any]:
        known = {name: vector.value[name] for name in ("seq", "event_id", "event_time")}
        return known | {"appended_at": 0, "payload": {}}

    def _label(self, vector: Record, label: float) -> dict[str, Any]:
        known_at = vector.value["event_time"] + HOUR
        return {"event_id": vector.value["event_id"], "known_at": known_at, "label": label, "payload": {}}

    def _tell(self, kind: str, value: dict[str, Any]) -> None:
        offset = len(self.sides["events"].records)
        self.sides["events"].records.append(Record("events", self.number, offset, 0, "c", f"driftmill.{kind}", value))

    def _profiles(self) -> Iterator[dict[str, Any]]:
        while batch := self.outcomes.take(self.joined, self.sides, 1_000):
            result = self.outcomes.process(self.joined, batch)
            self.joined.apply(result.staged)
            yield from map(_value, (one for one in result.outputs if one.topic == "profiles"))


def _value(output: Output) -> dict[str, Any]:
    assert output.value is not None
    return dict(plain_of(output.value))


class World:
    """v1 answers, lately by another policy, and v2 takes flight; models: by version."""

    def __init__(self, plan: Plan, **models: Amounts) -> None:
        self.play, self.told = Play(plan), list[dict[str, Any]]()
        for version in ("v1", "v1.p2", "v2"):
            self.play.offer(version)
            if version == "v1":
                self.play.ask("MoveRequested", "v1", to_state="champion")
        models["v1.p2"] = replace(models["v1"], policy="p2", policy_digest="another")
        made = pipeline()

        def champion() -> Amounts:
            found = self.play.viewed("champion")
            assert found is not None
            return models[found[0]]

        def in_flight() -> Challenger | None:
            found = self.play.viewed("challenger")
            return None if found is None else Challenger(models[found[0]], found[2])

        inference = InferenceStep(made, champion, in_flight=in_flight)
        self.partitions = [
            Partition(number, inference, OutcomesStep(made), random.Random(number)) for number in range(PARTITIONS)
        ]

    def days(self, count: int) -> list[str]:
        """The moves that follow."""
        moves = []
        for day in range(count):
            for partition in self.partitions:
                profiles = list(partition.day(day))
                self.told += profiles
                moves += self.play.see(*profiles)
        return moves

    def others(self, stream: str) -> set[str]:
        """Whom the version in flight was paired with."""
        return {pair["other"] for one in self.told if one["stream"] == stream for pair in one["pairs"]}


def test_twenty_retrains_on_a_stationary_stream_promote_at_most_one() -> None:
    """Each is as good as the champion and luckier or not from day to day; the gate lets all of them through."""
    within = 20
    assert CONFIRMED.confirmation is not None
    confirmation = replace(CONFIRMED.confirmation, within=within * DAY)
    play, rng = Play(replace(CONFIRMED, stages=STEPS[-1:], confirmation=confirmation)), np.random.default_rng(8)
    play.offer("v1")
    play.ask("MoveRequested", "v1", to_state="champion")
    day = 0
    for number in range(2, 22):
        version = f"v{number}"
        assert play.offer(version, clock=day * DAY) == [f"{version} candidate → canary 100%"]
        while play.state.flight is not None:
            gain, against = float(rng.normal(0.0, 0.2)), play.state.flight.against
            for partition in range(PARTITIONS):
                play.see(asked(day, partition, 1.0, version, other=against))
                play.see(labelled(day, partition, gain, after=1, version=version, other=against))
            day += 1
    ends = [one["to_state"] for one in play.moves() if one["from_state"] == "canary" and one["version"] != "v1"]
    assert len(ends) == 20
    assert ends.count("champion") <= 1


@pytest.mark.parametrize(("partitions", "events", "apart"), [(1, 4_000, 0.03), (3, 50_000, 0.01), (8, 4_000, 0.03)])
def test_an_entity_has_the_same_arm_however_many_partitions_batches_and_processes_there_are(
    partitions: int, events: int, apart: float
) -> None:
    """And of 50,000 events the share is answered by the version in flight, within a hundredth."""
    share, models = 0.25, (Faithful("v1", "d1"), Turned("v2", "d2"))
    chance = random.Random(3)
    keys = [f"customer-{chance.randrange(20_000)}" for _ in range(events)]
    found: dict[str, str] = {}
    taken = 0
    for number in range(partitions):
        mine = [key for key in keys if partition_of(key.encode(), partitions) == number]
        for start in range(0, len(mine), 1_500):  # each time a new process takes over
            step = InferenceStep(SHOP, lambda: models[0], in_flight=lambda: Challenger(models[1], share))
            vectors = [vector_of(seq, number, key) for seq, key in enumerate(mine[start : start + 1_500], start)]
            outputs = step.process(step.new_state(number), vectors).outputs
            for answer in records_of(outputs, "predictions"):
                if answer.kind == "driftmill.Prediction":
                    arm = answer.value["arm"]
                    taken += arm == "challenger"
                    assert found.setdefault(answer.key, arm) == arm
    assert taken / len(keys) == pytest.approx(share, abs=apart)
    expected = Challenger(models[1], share).arms(sorted(found)).tolist()
    assert [found[key] == "challenger" for key in sorted(found)] == expected


def vector_of(seq: int, partition: int, key: str) -> Record:
    known = {"seq": seq, "event_id": f"{partition}-{seq}", "event_time": seq, "categories": ["DE"], "error": None}
    known |= {"feature_set": SHOP.resolved.feature_set, "numbers": pack(np.array([[0.5, 30.0]], np.float32))[0]}
    return Record("features", partition, seq, 0, key, "driftmill.FeatureVector", known)


WAY = ["v2 shadow → canary 5%", "v2 canary → canary 25%", "v2 canary → canary 100%"]


def test_a_better_version_goes_its_way_to_champion() -> None:
    world = World(PLAN, v1=Turned("v1", "d1"), v2=Faithful("v2", "d2"))
    assert world.days(20) == [*WAY, "v1.p2 champion → retired", "v2 canary → champion"]
    assert world.others("shadow") == world.others("paired") == {"v1"}
    assert world.play.viewed("challenger") is None
    released = world.play.moves()[-1]["clock"]
    assert max(one["window_end"] for one in world.told if one["stream"] == "shadow") == released


@pytest.mark.parametrize("step", range(len(PLAN.stages)))
def test_one_that_is_worse_is_rolled_back_in_whatever_step(step: int) -> None:
    """It is held in the step by a number of events that it doesn't reach."""
    held = tuple(replace(one, at_least=10**9) if place == step else one for place, one in enumerate(PLAN.stages))
    world = World(replace(PLAN, stages=held), v1=Faithful("v1", "d1"), v2=Turned("v2", "d2"))
    assert world.days(20) == [*WAY[:step], f"v2 {held[step].state} → rejected"]
    assert "it is worse" in world.play.moves()[-1]["reason"]
    assert world.play.viewed("champion") == ("v1.p2", "champion", 0.0)
    assert world.others("paired") == {"v1"}
