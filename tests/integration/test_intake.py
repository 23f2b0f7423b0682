"""The HTTP intake on a real broker: what it takes, what it refuses, and that 202 means written."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import aiohttp
import orjson
import pytest

from services.broker.local import Endpoints
from services.broker.ports import free_ports
from services.chassis.context import Context
from services.chassis.errors import Refused
from services.chassis.health import Health
from services.chassis.metrics import Metrics
from services.chassis.store import Store
from services.contracts.record import JSON
from services.ingestion.adapters.http import Bounds, Intake
from tests.eventually import eventually
from tests.platform import Platform, pipeline_named

BOUNDS = Bounds(receive_seconds=1.5, acknowledge_seconds=3.0, in_flight=4)


@dataclass
class Open:
    """An intake that serves in a thread."""

    platform: Platform
    intake: Intake

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, Any, Any]:
        """Status, decoded answer and headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"http://127.0.0.1:{self.intake.port}{path}", body, named, method="POST")
        try:
            with urlopen(request, timeout=10) as response:
                return response.status, orjson.loads(response.read()), response.headers
        except HTTPError as error:
            return error.code, orjson.loads(error.read()), error.headers


def made(platform: Platform, bounds: Bounds = BOUNDS, port: int = 0) -> tuple[Intake, Context]:
    stop = threading.Event()
    store = Store(platform.settings.store_url)
    metrics = Metrics("ingestion", platform.pipeline.name)
    context = Context(platform.settings, platform.pipeline, platform.codec, store, "", Health(), metrics, stop)
    return Intake(context, "127.0.0.1", port, bounds), context


@pytest.fixture
def opened(broker: Endpoints, prefix: str, tmp_path: Path) -> Iterator[Open]:
    platform = Platform.create(broker, pipeline_named(prefix), tmp_path)
    intake, context = made(platform)
    thread = threading.Thread(target=intake.run, args=(context.stop,))
    thread.start()
    try:
        eventually(lambda: context.health.is_ready)
        yield Open(platform, intake)
    finally:
        context.stop.set()
        thread.join(30)
        platform.close()


def order(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "at": "2024-10-04T00:00:00Z",
        "shop": f"s{number % 5}",
        "amount": 10.0,
        "kind": "a",
    } | changes


def test_what_is_answered_with_202_is_written(opened: Open) -> None:
    batch = [order(number) for number in range(50)]
    status, answer, _ = opened.post("/events", orjson.dumps(batch))
    assert (status, answer) == (202, {"accepted": 50, "ids": [f"o{number}" for number in range(50)]})
    status, answer, _ = opened.post(
        "/labels", orjson.dumps({"order_id": "o1", "shop": "s1", "returned": True, "known_at": 5}), traceparent="00-ab"
    )
    assert (status, answer["accepted"]) == (202, 1)
    written = opened.platform.read("events.raw")
    assert sorted(record.value["order_id"] for record in written) == sorted(f"o{number}" for number in range(50))
    assert {record.kind for record in written} == {JSON}
    (label,) = opened.platform.read("labels")
    assert dict(label.headers) == {"traceparent": b"00-ab", "ce_id": b"o1"}
    assert label.key == "s1"


def test_one_entity_stays_in_one_partition(opened: Open) -> None:
    opened.post("/events", orjson.dumps([order(number, shop="s7") for number in range(20)]))
    assert len({record.partition for record in opened.platform.read("events.raw")}) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/events", b"not json", 400),
        ("/events", b'{"order_id": "o1"}', 400),
        ("/events", b" " * 1_000_001, 413),
        ("/elsewhere", b"{}", 404),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(opened: Open, path: str, body: bytes, status: int) -> None:
    found, answer, _ = opened.post(path, body)
    assert found == status
    assert answer["error"]
    assert opened.platform.read("events.raw") == []


def test_slow_clients_are_cut_off(opened: Open) -> None:
    head = b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    for sent in (b"POST /eve", head + b"\r\n{"):
        with socket.create_connection(("127.0.0.1", opened.intake.port), timeout=10) as connection:
            connection.sendall(sent)
            answer = connection.recv(10_000)
            assert answer == b"" or b"408" in answer.splitlines()[0]


def test_more_than_can_be_under_way_is_sent_away(opened: Open) -> None:
    async def crowd() -> list[tuple[int, str | None]]:
        async def slow() -> Any:
            yield b"{"
            await asyncio.sleep(0.7)

        async def post(session: aiohttp.ClientSession) -> tuple[int, str | None]:
            async with session.post(f"http://127.0.0.1:{opened.intake.port}/events", data=slow()) as response:
                return response.status, response.headers.get("Retry-After")

        async with aiohttp.ClientSession() as session:
            return await asyncio.gather(*(post(session) for _ in range(10)))

    answers = asyncio.run(crowd())
    assert sorted(answers) == [(400, None)] * 4 + [(503, "1")] * 6


def test_nothing_is_confirmed_without_a_broker(broker: Endpoints, prefix: str, tmp_path: Path) -> None:
    platform = Platform.create(broker, pipeline_named(prefix), tmp_path)
    settings = platform.settings.model_copy(update={"bootstrap": f"127.0.0.1:{free_ports(1)[0]}"})
    alone = Platform(settings, platform.pipeline, platform.codec)
    intake, context = made(alone)
    thread = threading.Thread(target=intake.run, args=(context.stop,))
    thread.start()
    try:
        eventually(lambda: context.health.reason == "Kafka can't be reached")
        status, answer, headers = Open(alone, intake).post("/events", orjson.dumps(order(1)))
        assert (status, answer["accepted"], answer["ids"]) == (503, 0, [])
        assert headers["Retry-After"]
    finally:
        context.stop.set()
        thread.join(60)
    assert not thread.is_alive()


def test_a_taken_port_is_refused_with_advice(opened: Open) -> None:
    intake, context = made(opened.platform, port=opened.intake.port)
    with pytest.raises(Refused, match="DRIFTMILL_INTAKE_PORT"):
        intake.run(context.stop)
