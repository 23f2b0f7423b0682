"""What a process says of itself over HTTP."""

from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest
from prometheus_client import CollectorRegistry

from services.chassis import clock
from services.chassis.errors import Refused
from services.chassis.health import LIVE_SECONDS, Health, HealthServer
from services.chassis.metrics import Metrics


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def server(health: Health) -> Iterator[HealthServer]:
    made = HealthServer("127.0.0.1", 0, health, Metrics("features", "shop").registry)
    yield made
    made.close()


def get(server: HealthServer, path: str) -> tuple[int, bytes]:
    try:
        with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def ready(server: HealthServer) -> tuple[int, Any]:
    status, body = get(server, "/ready")
    return status, orjson.loads(body)


def test_it_is_not_ready_before_it_says_so_and_says_why(server: HealthServer, health: Health) -> None:
    assert ready(server) == (503, {"ready": False, "reason": "starting"})
    health.waiting("Kafka can't be reached")
    assert ready(server) == (503, {"ready": False, "reason": "Kafka can't be reached"})
    health.ready()
    assert ready(server) == (200, {"ready": True, "reason": ""})


def test_only_a_change_is_news(health: Health) -> None:
    told = [health.waiting("a"), health.waiting("a"), health.waiting("b"), health.ready(), health.ready()]
    assert told == [True, False, True, True, False]


def test_it_lives_while_it_ticks(server: HealthServer, health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    assert get(server, "/live") == (200, b'{"live":true}')
    now = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: now + LIVE_SECONDS + 1)
    assert get(server, "/live") == (503, b'{"live":false}')
    health.tick()
    assert get(server, "/live")[0] == 200


def test_metrics_are_served(server: HealthServer) -> None:
    status, body = get(server, "/metrics")
    assert status == 200
    assert b'driftmill_service{pipeline="shop",service="features"} 1.0' in body


def test_anything_else_is_not_there(server: HealthServer) -> None:
    assert get(server, "/etc/passwd")[0] == 404


def test_a_taken_port_is_refused_with_the_way_to_mend(server: HealthServer, health: Health) -> None:
    with pytest.raises(Refused, match="DRIFTMILL_HTTP_PORT"):
        HealthServer("127.0.0.1", server.port, health, CollectorRegistry())
