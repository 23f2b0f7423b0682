"""`driftmill backfill` over what the lake kept of real topics: the bytes that were served."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.broker.local import Endpoints
from tests.e2e.recompute import vectors_of
from tests.eventually import eventually
from tests.laws.kept_log import accepted, filled, raws_of
from tests.platform import CHAINED, SMALL, Platform, pipeline_named
from tests.programs import Program

COUNT = 600
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(params=[SMALL, CHAINED], ids=["small", "chained"])
def platform(broker: Endpoints, prefix: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix, request.param), tmp_path)
    yield made
    made.close()


def serve(platform: Platform, seed: int) -> Program:
    """A log as validation writes it, then features and the lake until both have it all; the lake's process."""
    logs = accepted(raws_of(platform.pipeline, seed, COUNT), platform.settings.partitions)
    records = sorted((record for log in logs for record in log), key=lambda record: record.offset)
    encode = platform.codec.encode
    platform.publish_raw("events", [(one.key.encode(), encode("events", one.kind, one.value)) for one in records])
    stages = platform.pipeline.resolved.stages
    *_, lake = [platform.start(service) for service in (*stages, "lake")]
    platform.drained(*stages, "lake")
    return lake


def run(platform: Platform, *command: str) -> str:
    """What a command of the CLI says."""
    done = platform.driftmill(*command, "-p", platform.pipeline.name, "--json")
    assert done.returncode == 0, done.stderr
    return done.stdout


def backfilled(platform: Platform) -> list[dict[str, Any]]:
    """What the command says."""
    return [orjson.loads(line) for line in run(platform, "backfill", "--table", "filled").splitlines()]


def windows_left(platform: Platform) -> int | None:
    """How many windows a comparison publishes now, None where it can't."""
    done = platform.ran("services.lake", "skew")
    return None if done.returncode else orjson.loads(done.stdout.splitlines()[-1])["windows"]


def test_the_table_holds_what_was_served_and_the_lake_finds_no_skew(platform: Platform) -> None:
    lake = serve(platform, 3)
    lines = backfilled(platform)
    assert filled(platform.settings, platform.pipeline) == vectors_of(platform)
    assert lines[-1]["rows"] > COUNT // 2
    assert backfilled(platform)[-1]["rows"] == 0
    platform.kill(lake)
    platform.start("lake", DRIFTMILL_LAKE_SKEW="0.001")
    stages = {*platform.pipeline.resolved.stages}
    eventually(lambda: {one.value["slice"] for one in platform.read("profiles")} == stages, 60)
    # while the lake's own is at it there is no second one
    eventually(lambda: windows_left(platform) == 0, 60)
    platform.drained("lake")
    told = platform.read("profiles")
    found = orjson.loads(run(platform, "features", "skew"))
    assert found["compared"] == found["events"] > COUNT // 2
    assert {one["feature"] for one in found["features"]} >= {*platform.pipeline.resolved.numbers, "kind", "vector"}
    assert not any(one["mismatched"] or one["missing"] or one["extra"] for one in found["features"])
    # rows that were lost are computed again, and nothing is told twice
    shutil.rmtree(platform.settings.state_dir / platform.pipeline.name / "skew")
    assert windows_left(platform) == 0
    assert len(platform.read("profiles")) == len(told)
