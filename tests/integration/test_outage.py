"""Kafka and the registry go away and come back while a service runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest

from services.broker.local import LocalBroker
from services.broker.ports import free_ports
from services.chassis.errors import TwinRunning
from services.chassis.progress import Progress
from tests.eventually import eventually
from tests.integration.test_loop import answered, vectors
from tests.platform import Platform, pipeline_named

STOP_SECONDS = 3.0
"""What has not ended by then is killed."""


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A broker of these tests' own, which they may stop."""
    broker = LocalBroker(tmp_path_factory.mktemp("kafka"), detached=False)
    broker.up()
    yield broker
    broker.down(STOP_SECONDS)


@pytest.fixture
def platform(local: LocalBroker, prefix: str, tmp_path: Path) -> Iterator[Platform]:
    made = Platform.create(local.endpoints, pipeline_named(prefix), tmp_path)
    yield made
    made.close()


def ready(port: int) -> dict[str, Any]:
    """The body of /ready; empty while nobody answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            body = answer.read()
    except HTTPError as error:
        body = error.read()
    except OSError:
        return {}
    return dict(orjson.loads(body))


def told(platform: Platform, message: str) -> list[dict[str, Any]]:
    """Lines of the service's log with a message."""
    lines = (platform.settings.home / "inference-0.log").read_text().splitlines()
    return [line for line in map(orjson.loads, filter(_is_ours, lines)) if line["message"] == message]


def _is_ours(line: str) -> bool:
    """librdkafka writes of fatal errors by itself."""
    return line.startswith("{")


class Supervised:
    """Inference under a supervisor. Kafka may take it for its own twin when a request to join got lost."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self.port = platform, free_ports(1)[0]
        self._start()

    def _start(self) -> None:
        port = str(self.port)
        self._child = self._platform.start("inference", DRIFTMILL_HTTP_PORT=port, DRIFTMILL_BATCH_RECORDS="100")

    def becomes_ready(self) -> bool:
        """Whether it is ready; started again where it has given up."""
        code = self._child.poll()
        if code is not None:
            assert code == TwinRunning.exit_code
            self._start()
        return bool(ready(self.port).get("ready"))

    def says_why_not(self) -> str:
        """Why it is not ready."""
        return str(ready(self.port).get("reason", ""))


def test_an_outage_is_waited_for_and_nothing_is_lost_or_doubled(platform: Platform, local: LocalBroker) -> None:
    inference = Supervised(platform)
    eventually(inference.becomes_ready, 60)
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 0, 6_000))
    eventually(lambda: len(answered(platform)) > 500, 30)
    waited = len(told(platform, "waiting"))
    local.down(STOP_SECONDS)
    assert "Kafka" in eventually(inference.says_why_not, 60)

    local.up()
    eventually(inference.becomes_ready, 90)
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 6_000, 500))
    platform.drained("inference")
    assert sorted(answered(platform)) == sorted(f"e{number}" for number in range(6_500))
    assert 1 <= len(told(platform, "waiting")) - waited <= 8


def test_ends_are_found_again_after_the_broker_was_killed(platform: Platform, local: LocalBroker) -> None:
    """A client that has asked before remembers a leader that is no more."""
    progress = Progress(platform.settings, platform.pipeline.resolved.stages)
    platform.publish("features", "driftmill.FeatureVector", vectors(platform, 0, 10))
    assert sum(progress.ends(["features"]).values()) == 10
    process = local._pid_file("kafka").process()
    assert process is not None
    process.kill()
    eventually(lambda: local._pid_file("kafka").process() is None)
    local.up()
    eventually(lambda: sum(progress.ends(["features"]).values()) == 10, 30)
    progress.close()


def test_an_idle_service_notices_an_outage_and_its_end(platform: Platform, local: LocalBroker) -> None:
    inference = Supervised(platform)
    eventually(inference.becomes_ready, 60)
    local.down(STOP_SECONDS)
    assert "Kafka" in eventually(inference.says_why_not, 60)
    local.up()
    eventually(inference.becomes_ready, 90)
