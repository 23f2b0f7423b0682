"""Runs the lake and kills it, as `kill -9` would, at one place of its protocol: `python -m … <place>`."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from services.chassis.runner import main
from services.lake.adapters.announcements import Announcements
from services.lake.adapters.delta import AppendOnlyTable
from services.lake.adapters.topic_log import TopicLog
from services.lake.app import build
from services.lake.settings import LakeSettings

Reached = Callable[..., bool]


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _kill_before(owner: type, method: str, reached: Reached) -> None:
    original = getattr(owner, method)

    def replaced(self: Any, *args: Any) -> Any:
        if reached(self, *args):
            _die()
        return original(self, *args)

    setattr(owner, method, replaced)


def _third(_self: Any, records: list[Any], _ends: Any, counted: list[int] = []) -> bool:  # noqa: B006 (counts calls)
    counted.extend([1] * bool(records))
    return len(counted) == 3


PLACES: dict[str, tuple[type, str, Reached]] = {
    "before the first Delta commit": (AppendOnlyTable, "append", lambda _self, records, _ends: bool(records)),
    "between two tables": (AppendOnlyTable, "append", _third),
    "after Delta, before datasets": (Announcements, "publish", lambda _self, datasets, _tick: bool(datasets)),
    "after datasets, before offsets": (TopicLog, "commit", lambda self: any(self.positions.values())),
}

if __name__ == "__main__":
    _kill_before(*PLACES[sys.argv[1]])
    sys.exit(main("lake", LakeSettings, build))
