"""The network between a service and the broker: stalls, one-way loss, resets, lost answers, requests that come late."""

import asyncio
import signal
import threading
from collections.abc import Callable
from random import Random

from tests.chaos.proxy import ADD_OFFSETS, END_TXN, PRODUCE, Frame, Proxy
from tests.chaos.stage import PATIENCE, Stage, stage
from tests.chaos.world import Finding, Row, World, found
from tests.eventually import eventually

_STALLS = (2.0, 12.0)
"""Shorter than any time-out, and longer than a session and a transaction may last."""
_DEAF_SECONDS = 8.0
_RESETS = 6
_LOST = 5


def wait(seconds: float) -> None:
    """Let a fault last."""
    threading.Event().wait(seconds)


def stall(proxy: Proxy, made: Stage) -> None:
    """Nothing goes through, in neither direction."""
    for seconds in _STALLS:
        proxy.stall()
        made.hit("stalled")
        wait(seconds)
        proxy.resume()
        made.flows()


def one_way(proxy: Proxy, made: Stage) -> None:
    """Requests arrive, answers don't."""
    proxy.rules.deaf = True
    wait(_DEAF_SECONDS)
    proxy.rules.deaf = False
    made.hit("answers lost", proxy.met["responses lost"])
    proxy.reset()


def reset(proxy: Proxy, made: Stage) -> None:
    """All connections are torn down, again and again."""
    random, before = Random(made.traffic.sent), proxy.met["reset"]
    for _ in range(_RESETS):
        proxy.reset()
        wait(random.uniform(0.2, 1.5))
    made.hit("connections reset", proxy.met["reset"] - before)


def lost_produce(proxy: Proxy, made: Stage) -> None:
    """Answers to Produce get lost, so that the client sends the same again."""
    before = proxy.met["responses lost"]
    proxy.rules.lose_responses[PRODUCE] = _LOST
    eventually(lambda: proxy.rules.lose_responses[PRODUCE] == 0 and made.revived(), PATIENCE)
    made.hit("answers to Produce lost", proxy.met["responses lost"] - before)


def _row(name: str, says: str, fault: Callable[[Proxy, Stage], None]) -> Row:
    def run(world: World) -> Finding:
        ground = world.ground
        with ground.proxy() as proxy, stage(ground.broker.endpoints, world.home, world.seed) as made:
            made.start(extra={"DRIFTMILL_BOOTSTRAP": ground.proxied.bootstrap})
            made.traffic.start()
            made.flows()
            fault(proxy, made)
            made.flows()
            return found(made, **dict(proxy.met))

    return Row(name, says, run)


class LateEnd:
    """Holds one EndTxn of a service back, and lets it arrive in the middle of its next transaction.

    The client asks again without an answer, and is told that its transaction is committed. `answer`: what the broker
    says to the late one.
    """

    def __init__(self, proxy: Proxy, service: str) -> None:
        self._proxy, self._service = proxy, service
        self._asked_again, self._produced = False, 0
        self.answer: int | None = None
        self.arrived = threading.Event()
        proxy.held.clear()
        proxy.rules.on_request, proxy.rules.hold = self._watch, self._hold

    def leave(self) -> None:
        """Hold nothing back any more."""
        self._proxy.rules.on_request, self._proxy.rules.hold = None, lambda _frame: False

    def _is_its(self, frame: Frame) -> bool:
        return f".{self._service}-" in frame.client

    def _hold(self, frame: Frame) -> bool:
        return frame.key == END_TXN and self._is_its(frame) and not self._proxy.held

    async def _watch(self, frame: Frame) -> None:
        if not self._proxy.held or not self._is_its(frame):
            return
        if frame.key == END_TXN:
            self._asked_again, self._produced = True, 0
        self._produced += frame.key == PRODUCE
        if frame.key == ADD_OFFSETS and self._asked_again and not self.arrived.is_set():
            # so that what was handed to the client is on the broker
            await asyncio.sleep(0.5)
            if not self._produced:
                return
            self.answer = await self._proxy.replay(self._proxy.held[0])
            self.arrived.set()
            await asyncio.sleep(PATIENCE)


def late_end(world: World, **extra: str) -> Finding:
    """A commit that was held back arrives in the next transaction, and the service dies there."""
    ground = world.ground
    with ground.proxy() as proxy, stage(ground.broker.endpoints, world.home, world.seed) as made:
        made.start(extra={"DRIFTMILL_BOOTSTRAP": ground.proxied.bootstrap, **extra})
        made.traffic.start()
        made.flows()
        for service in world.services:
            late = LateEnd(proxy, service)
            eventually(lambda: late.arrived.is_set() and made.revived(), PATIENCE)  # noqa: B023
            made[service].signal(signal.SIGKILL)
            made[service].ended()
            late.leave()
            made.hit(f"late commit of {service} answered {late.answer}")
            made.flows()
        return found(made)


ROWS = (
    _row("stall", "nothing goes through between services and broker, for 2 and for 12 s", stall),
    _row("one-way", "answers of the broker get lost for 8 s", one_way),
    _row("reset", "connections are torn down again and again", reset),
    _row("lost-produce", "answers to Produce get lost", lost_produce),
    Row("late-commit", "an EndTxn is held back and arrives in the middle of the next transaction", late_end),
)
