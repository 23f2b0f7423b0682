"""A pipeline whose processes are killed in the middle of transactions, time and again, while a stream flows."""

import os
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.e2e.feed import PATIENCE, Feed
from tests.e2e.stream import Raw
from tests.eventually import eventually
from tests.platform import Platform
from tests.programs import Program

HARD = {"DRIFTMILL_BATCH_RECORDS": "6", "DRIFTMILL_FLUSH_SECONDS": "0.1"}
"""Small batches, so that much time is spent in transactions; state written often, so that kills meet that too."""
ROUNDS = 3
FIRST = 100
"""So many records of a part are seen to flow through all services before the rest comes and the killing begins."""


@dataclass
class Scene:
    """A finished stream. topics: each service, or stage of one, with the topic it writes; those of `spared` just run.

    killed: how often each was; torn: how often that left a transaction open.
    """

    platform: Platform
    feed: Feed
    topics: Mapping[str, str]
    spared: Sequence[str] = ()
    children: dict[str, Program] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    torn: Counter[str] = field(default_factory=Counter)

    def start(self, service: str) -> None:
        self.children[service] = self.platform.start(service, 0, **HARD)

    def kill_in_a_transaction(self, service: str) -> None:
        """kill -9 while records are written that aren't committed, and start it again at once."""
        child, topic = self.children[service], self.topics[service]
        eventually(lambda: self._stops_in_a_transaction(child, topic), PATIENCE)
        assert self.platform.kill(child) == -signal.SIGKILL
        self.killed[service] += 1
        self.torn[service] += self.feed.has_open_transaction(topic)
        self.start(service)

    def _stops_in_a_transaction(self, child: Program, topic: str) -> bool:
        os.kill(child.pid, signal.SIGSTOP)
        if self.feed.has_open_transaction(topic):
            return True
        os.kill(child.pid, signal.SIGCONT)
        return False


def play(scene: Scene, raws: Sequence[Raw]) -> None:
    """Publish a stream part by part while all services work, and kill each of them in each part."""
    size = len(raws) // ROUNDS + 1
    for service in (*scene.topics, *scene.spared):
        scene.start(service)
    for start in range(0, len(raws), size):
        before = scene.feed.written("predictions")
        scene.feed.publish(raws[start : start + FIRST])
        eventually(lambda: scene.feed.written("predictions") > before + FIRST // 4, PATIENCE)  # noqa: B023
        # so that it can't be done with the rest before its turn comes
        os.kill(scene.children["validation"].pid, signal.SIGSTOP)
        scene.feed.publish(raws[start + FIRST : start + size])
        for service in scene.topics:
            scene.kill_in_a_transaction(service)
    scene.platform.drained(*scene.topics, *scene.spared, within=PATIENCE)
