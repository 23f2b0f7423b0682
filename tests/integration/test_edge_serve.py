"""What the Open Inference Protocol asks is answered; what isn't it is refused with a reason."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from services.cli.edge import serve
from services.cli.edge.model import Model
from services.cli.edge.serve import Door, Unacceptable, inferred, metadata
from tests.unit.cli.edge.scene import LAYOUT, make, row

ROWS = [row(seed) for seed in range(5)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("edge")
    make(folder)
    return Model(folder)


def tensors(**other: Any) -> list[dict[str, Any]]:
    """Of all rows; other: what is otherwise of the tensor `amount`."""
    kinds = dict.fromkeys(LAYOUT.numbers, "FP32") | dict.fromkeys(LAYOUT.categories, "BYTES")
    made: list[dict[str, Any]] = [
        {"name": name, "datatype": kind, "shape": [len(ROWS), 1], "data": [one[name] for one in ROWS]}
        for name, kind in kinds.items()
    ]
    made[0] |= other
    return made


def infer(model: Model, **request: Any) -> dict[str, Any]:
    return inferred(model, json.dumps(request).encode())


def test_tensors_by_name_are_answered_as_rows_are(model: Model) -> None:
    answers = model.answers(ROWS)
    found = infer(model, id="7", inputs=tensors()[::-1])
    assert (found["id"], found["model_name"], found["model_version"]) == ("7", "small", "v1")
    assert {one["name"]: one["data"] for one in found["outputs"]} == {
        name: [answer[name] for answer in answers] for name in ("status", "score", "label")
    }
    assert [one["name"] for one in metadata(model)["outputs"]] == [one["name"] for one in found["outputs"]]
    nested = tensors(data=[[one["amount"]] for one in ROWS], datatype="FP64")
    (only,) = infer(model, inputs=nested, outputs=[{"name": "score"}])["outputs"]
    assert only == found["outputs"][1]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({}, "inputs: expected a list of tensors"),
        ({"inputs": [1]}, "inputs: expected a list of tensors"),
        ({"inputs": tensors()[1:]}, "lacking: ['amount']"),
        ({"inputs": [*tensors(), {"name": "x"}]}, "unknown: ['x']"),
        ({"inputs": tensors(datatype="BYTES")}, "amount: datatype is BYTES, expected FP32"),
        ({"inputs": tensors(datatype=["FP32"])}, "amount: datatype is ['FP32']"),
        ({"inputs": tensors(shape=[4, 1])}, "amount: shape is [4, 1], expected [5, 1]"),
        ({"inputs": tensors(data=None)}, "amount: expected its data as a list"),
        ({"inputs": tensors(data=["1"] * 5)}, "amount: '1' is no number"),
        ({"inputs": tensors(data=[1.0], shape=[1])}, "inputs have different numbers of rows"),
        ({"inputs": tensors(data=[0] * 10_001, shape=[10_001])}, "10001 rows, at most 10000"),
        ({"inputs": tensors(), "outputs": [{"name": "x"}]}, "there is no output x"),
    ],
)
def test_a_request_that_is_not_the_protocols_is_refused(model: Model, request_: Any, why: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        infer(model, **request_)
    assert why in str(refused.value)
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"[", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b"1" * 6_000])
def test_a_body_of_garbage_is_refused(model: Model, body: bytes) -> None:
    with pytest.raises(Unacceptable):
        inferred(model, body)


def served(model: Model, ask: Callable[[str], Awaitable[None]], seconds: float = 10.0) -> None:
    async def run() -> None:
        runner = await serve.serve(Door(model, seconds), "127.0.0.1", 0, seconds)
        try:
            await ask(f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()

    asyncio.run(run())


def test_errors_are_told_as_the_protocol_has_them(
    model: Model, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(address: str) -> None:
        async with ClientSession(address) as client:
            for method, path, status in (
                ("GET", "/v2", 200),
                ("GET", "/v2/health/live", 200),
                ("GET", "/v2/models/small/ready", 200),
                ("GET", "/v2/models/other", 404),
                ("GET", "/v2/models/small/versions/v2", 404),
                ("GET", "/metrics", 404),
                ("GET", "/v2/models/small/infer", 405),
                ("POST", "/v2/models/small/infer", 400),
            ):
                async with client.request(method, path) as answer:
                    assert (answer.status, "error" in await answer.json()) == (status, status != 200), path
            async with client.post("/v2/models/small/infer", data=b"x" * (serve.MAX_BODY_BYTES + 1)) as answer:
                assert (answer.status, "error" in await answer.json()) == (413, True)
            monkeypatch.setattr(serve, "inferred", lambda _model, _body: 1 / 0)
            async with client.post("/v2/models/small/infer", data=b"{}") as answer:
                assert (answer.status, "error" in await answer.json()) == (500, True)

    with caplog.at_level(logging.CRITICAL):
        served(model, ask)


@pytest.mark.parametrize(
    "sent", [b"GET /v2 HT", b"POST /v2/models/small/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
)
def test_who_sends_too_slowly_is_not_waited_for(model: Model, sent: bytes) -> None:
    async def ask(address: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 20)
        assert answer == b"" or b" 408 " in answer
        writer.close()

    served(model, ask, 0.3)


def test_a_folder_that_holds_no_model_serves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main(["--key", str(tmp_path / "none.pub")]) == 2
    assert "none.pub" in capsys.readouterr().err
