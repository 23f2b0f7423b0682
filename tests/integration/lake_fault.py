"""Runs the lake and kills it, as `kill -9` would, at one place of its protocol: `python -m … <place>`."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlparse
from urllib.request import url2pathname

from deltalake import DeltaTable
from pyarrow import parquet

from services.chassis.runner import main
from services.lake.adapters import delta
from services.lake.adapters.announcements import Announcements
from services.lake.adapters.delta import AppendOnlyTable
from services.lake.adapters.topic_log import TopicLog
from services.lake.app import build
from services.lake.settings import LakeSettings

Reached = Callable[..., bool]


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _kill_before(owner: Any, method: str, reached: Reached) -> None:
    original = getattr(owner, method)

    def replaced(first: Any, *args: Any, **named: Any) -> Any:
        if reached(first, *args):
            _die()
        return original(first, *args, **named)

    setattr(owner, method, replaced)


def _third(_self: Any, records: list[Any], _ends: Any, counted: list[int] = []) -> bool:  # noqa: B006 (counts calls)
    counted.extend([1] * bool(records))
    return len(counted) == 3


def _has_files(table: DeltaTable, rows: Any) -> bool:
    """The rows are in a file that no commit names."""
    folder = Path(url2pathname(urlparse(table.table_uri).path)) / "kafka_day=2026-01-01"
    folder.mkdir()
    parquet.write_table(rows.drop_columns(["kafka_day"]), folder / "part-00000-killed.parquet")
    return True


def _first_is_told(self: Announcements, datasets: list[Any], tick: Any, publish: Any = Announcements.publish) -> bool:
    if len(datasets) > 1:
        publish(self, datasets[:1], tick)
    return len(datasets) > 1


PLACES: dict[str, tuple[Any, str, Reached]] = {
    "before the first Delta commit": (AppendOnlyTable, "append", lambda _self, records, _ends: bool(records)),
    "within a Delta commit": (delta, "write_deltalake", _has_files),
    "between two tables": (AppendOnlyTable, "append", _third),
    "after Delta, before datasets": (Announcements, "publish", lambda _self, datasets, _tick: bool(datasets)),
    "between two datasets": (Announcements, "publish", _first_is_told),
    "after datasets, before offsets": (TopicLog, "commit", lambda self: any(self.positions.values())),
}

if __name__ == "__main__":
    _kill_before(*PLACES[sys.argv[1]])
    sys.exit(main("lake", LakeSettings, build))
