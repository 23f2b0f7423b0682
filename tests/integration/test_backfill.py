"""`driftmill backfill` over what the lake kept of real topics: the bytes that were served."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.broker.environment import child_environment
from services.broker.local import Endpoints
from tests.e2e.recompute import vectors_of
from tests.laws.kept_log import accepted, filled, raws_of
from tests.platform import CHAINED, ROOT, SMALL, Platform, pipeline_named

COUNT = 600
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(params=[SMALL, CHAINED], ids=["small", "chained"])
def platform(broker: Endpoints, prefix: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Platform]:
    made = Platform.create(broker, pipeline_named(prefix, request.param), tmp_path)
    yield made
    made.close()


def serve(platform: Platform, seed: int) -> None:
    """A log as validation writes it, then features and the lake until both have it all."""
    logs = accepted(raws_of(platform.pipeline, seed, COUNT), platform.settings.partitions)
    records = sorted((record for log in logs for record in log), key=lambda record: record.offset)
    encode = platform.codec.encode
    platform.publish_raw("events", [(one.key.encode(), encode("events", one.kind, one.value)) for one in records])
    stages = platform.pipeline.resolved.stages
    for service in (*stages, "lake"):
        platform.start(service)
    platform.drained(*stages, "lake")


def backfilled(platform: Platform) -> list[dict[str, Any]]:
    """What the command says."""
    command = [sys.executable, "-m", "services.cli.main", "backfill", "-p", platform.pipeline.name]
    done = subprocess.run(
        [*command, "--table", "filled", "--json"],
        cwd=ROOT,
        env=child_environment(platform.environment()),
        capture_output=True,
        check=True,
    )
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def test_the_table_holds_what_was_served(platform: Platform) -> None:
    serve(platform, 3)
    lines = backfilled(platform)
    assert filled(platform.settings, platform.pipeline) == vectors_of(platform)
    assert lines[-1]["rows"] > COUNT // 2
    assert backfilled(platform)[-1]["rows"] == 0
