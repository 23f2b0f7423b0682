"""The process of `driftmill backfill` is killed, time and again, and goes on."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyarrow import parquet

from services.broker.environment import child_environment
from services.chassis.settings import ChassisSettings
from services.lake.adapters.arrow_columns import whole
from services.lake.programs import Order, fill
from tests import programs
from tests.platform import SMALL

EVENTS, LABELS = 450_000, 70_000
"""Three stretches of the log, the rows of entities kept after the second and at the end."""
STRETCH = 250_000
WORDS = ("backfill", "--directory", str(SMALL), "--table", "filled")
"""With which the command starts the lake's program, and waits for it."""
SECOND, HOUR = 1_000_000, 3_600_000_000
pytestmark = pytest.mark.timeout(400)


@dataclass
class Files:
    """What is computed from, and where."""

    folder: Path

    def write(self) -> None:
        rng = np.random.default_rng(1)
        names = pa.array(np.char.add("o", np.arange(EVENTS).astype(str)))
        shops = pa.array(np.char.add("shop", rng.integers(0, 2_000, EVENTS).astype(str)))
        at = 1_700_000_000_000_000 + np.arange(EVENTS) * SECOND
        kinds = pa.array(np.array(["a", "b", "c"])[rng.integers(0, 3, EVENTS)])
        events = {"order_id": names, "at": at, "shop": shops, "amount": rng.gamma(2, 20, EVENTS), "kind": kinds}
        of = rng.choice(EVENTS, LABELS, replace=False)
        labels = {"order_id": names.take(of), "shop": shops.take(of), "returned": rng.random(LABELS) < 0.3}
        parquet.write_table(pa.table(events), self.folder / "events.parquet")
        parquet.write_table(pa.table(labels | {"known_at": at[of] + HOUR}), self.folder / "labels.parquet")

    @property
    def order(self) -> Order:
        return Order(SMALL, self.folder / "events.parquet", self.folder / "labels.parquet", "filled")

    def filled(self, home: Path, failpoint: str = "") -> tuple[int, list[int]]:
        """Exit code of the program, and the positions that it told."""
        order = self.order
        environment = child_environment(
            {"DRIFTMILL_PIPELINE": "small", "DRIFTMILL_HOME": str(home), "DRIFTMILL_FAILPOINT": failpoint}
        )
        files = ("--events", str(order.events), "--labels", str(order.labels))
        done = programs.run("services.lake", environment, *WORDS, *files)
        lines = [orjson.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, [line["position"] for line in lines if line["progress"] == "backfill"]


def rows(home: Path) -> Any:
    """The whole table in the order of the events, numbers as their bits."""
    delta = DeltaTable((home / "store" / "lake" / "small" / "filled").as_uri())
    found = delta.to_pyarrow_dataset().to_table().sort_by("seq").combine_chunks()
    bits = [whole(column).view(pa.int32()) if pa.types.is_floating(column.type) else column for column in found.columns]
    return pa.table(bits, names=found.column_names)


def test_kills_at_every_step_leave_the_table_of_an_undisturbed_run(tmp_path: Path) -> None:
    files, home, undisturbed = Files(tmp_path), tmp_path / "killed", tmp_path / "undisturbed"
    files.write()
    # the second stretch isn't in the table yet, then it is, then the rows of entities are kept too
    for place in ("append:2", "appended:1", "kept:1"):
        assert files.filled(home, f"{place}:kill") == (-signal.SIGKILL, [STRETCH]), place
    assert files.filled(home) == (0, [EVENTS + LABELS])
    fill(ChassisSettings(pipeline="small", home=undisturbed), files.order, lambda line: None)
    expected = rows(undisturbed)
    assert len(expected) == EVENTS
    assert rows(home).equals(expected)
