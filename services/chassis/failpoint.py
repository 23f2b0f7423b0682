"""Places in the code where a test lets a fault happen. Without DRIFTMILL_FAILPOINT each is a call that does nothing.

DRIFTMILL_FAILPOINT=name:nth:action[,name:nth:action…]   at the nth visit of a point, counted from 1
    kill     SIGKILL to this process
    stop     SIGSTOP to this process
    raise    the error that may come from there
    sleep    wait for a second, or `sleep=seconds`
DRIFTMILL_SABOTAGE=duty[,duty…]   leave out what protects exactly-once, to see the tests notice
"""

import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from confluent_kafka import KafkaError, KafkaException
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.chassis import clock
from services.chassis.errors import TransientError

log = logging.getLogger(__name__)

LOOP = (
    "poll",  # 1 records have come
    "decode",  # 2 they wait, decoded
    "process",  # 3 outputs and the staged change are known
    "begin",  # 4 the transaction has begun
    "produce",  # 4 half of the outputs are handed to the client
    "produced",  # 4 all of them
    "offsets",  # 5 offsets are sent
    "committing",  # 6 while the commit is on its way
    "committed",  # 6 the commit was answered
    "apply",  # 6 the staged change is the state
    "flush",  # before state is written to the disk
    "flushed",  # after
    "restore",  # before a state is restored
    "replay",  # while the log is folded into it
    "restored",  # after
)
"""Points that every service on the loop passes by itself; each is named after what has just happened."""

TROUBLE = ("abort", "recycle", "doubt", "rewind", "revoke")
"""Points that the loop passes in trouble only: steps 7 and 8, and when the group takes partitions back."""

MODEL = ("load", "loaded", "swapped")
"""Points around a swap of the model: before a file is fetched, before it answers, after."""

PROGRAM = ("append", "appended", "kept")
"""Points of the lake's programs: before and after rows are in the table, and after the states of entities are kept."""

MESSAGE = ("notified",)
"""Between a message that people were sent and its record."""

POINTS = (*LOOP, *TROUBLE, *MODEL, *PROGRAM, *MESSAGE)
DUTIES = ("rewind", "group-metadata", "recycling")
"""What can be left out: the rewind after an abort, the group's fence, the new producer after a suspicious commit."""

_IN_TRANSACTION = frozenset({"begin", "produce", "produced", "offsets", "committed"})
_LONGEST_DELAY = 0.006


class Faults(BaseSettings):
    """What the environment asks for."""

    model_config = SettingsConfigDict(env_prefix="DRIFTMILL_", frozen=True, extra="ignore")

    failpoint: str = ""
    sabotage: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what happens at a point, and for how many seconds where it takes time."""

    action: str
    seconds: float = 1.0


class Plan:
    """Which fault happens at which visit of which point."""

    def __init__(self, text: str) -> None:
        self._faults: dict[tuple[str, int], Fault] = {}
        self._visits: Counter[str] = Counter()
        for part in filter(None, text.split(",")):
            name, nth, action = part.split(":")
            if name not in POINTS:
                raise ValueError(f"there is no fail-point {name}; there are {', '.join(POINTS)}")
            what, _, seconds = action.partition("=")
            if what not in _ACTIONS:
                raise ValueError(f"{what}: a fail-point can {', '.join(_ACTIONS)}")
            self._faults[name, int(nth)] = Fault(what, float(seconds or 1.0))

    def visit(self, name: str) -> Fault | None:
        """Count a visit; the fault that is due."""
        self._visits[name] += 1
        return self._faults.get((name, self._visits[name]))


_plan: Plan | None = None
_sabotaged: frozenset[str] = frozenset()


def arm(faults: Faults) -> None:
    """Let faults happen from now on. Raises ValueError for what can't be."""
    global _plan, _sabotaged  # noqa: PLW0603 (a process has one environment)
    _plan = Plan(faults.failpoint) if faults.failpoint else None
    _sabotaged = frozenset(filter(None, faults.sabotage.split(",")))
    if unknown := _sabotaged - set(DUTIES):
        raise ValueError(f"nobody has the duty {', '.join(sorted(unknown))}; there are {', '.join(DUTIES)}")


def hit(name: str) -> None:
    """Pass a point."""
    if _plan is None:
        return
    fault = _plan.visit(name)
    if fault is not None:
        _happen(name, fault)


@contextmanager
def during(name: str) -> Iterator[None]:
    """Pass a point that lasts: its fault happens somewhere in the first milliseconds, in a thread of its own."""
    fault = None if _plan is None else _plan.visit(name)
    if fault is not None:
        delay = Random(os.getpid()).uniform(0, _LONGEST_DELAY)
        threading.Timer(delay, _happen, (name, fault)).start()
    yield


def is_left_out(duty: str) -> bool:
    """Whether a protection is to be left out."""
    return duty in _sabotaged


def _happen(name: str, fault: Fault) -> None:
    log.warning("fail-point", extra={"point": name, "action": fault.action})
    _ACTIONS[fault.action](name, fault)


def _signal(number: signal.Signals) -> Callable[[str, Fault], None]:
    return lambda _name, _fault: os.kill(os.getpid(), number)


def _raise(name: str, _fault: Fault) -> None:
    if name not in _IN_TRANSACTION:
        raise TransientError(f"fail-point {name}")
    abortable = name != "committed"
    raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"fail-point {name}", txn_requires_abort=abortable))  # noqa: SLF001


def _sleep(_name: str, fault: Fault) -> None:
    clock.sleep(fault.seconds)


_ACTIONS: dict[str, Callable[[str, Fault], None]] = {
    "kill": _signal(signal.SIGKILL),
    "stop": _signal(signal.SIGSTOP),
    "raise": _raise,
    "sleep": _sleep,
}
