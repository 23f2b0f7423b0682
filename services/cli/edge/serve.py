"""Serves the model beside this script by the Open Inference Protocol (V2) over HTTP.

    python serve.py --port 8080

Inputs are tensors by name, of shape [rows] or [rows, 1]: numbers FP32 (or any other numeric type, or BOOL), texts
BYTES; a missing number is null. Errors are {"error": …}: 400 for another request, 404 for another model or version, 408
for one that comes too slowly, 413 for one that is too large, 503 while too much is under way.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import web

from services.cli.edge.model import Answer, Model, Refused, bytes_of

log = logging.getLogger("serve")

MAX_ROWS, MAX_BODY_BYTES = 10_000, 8_000_000
_IN_FLIGHT = 16
_RECEIVE_SECONDS = 10.0
_NUMERIC = ("BOOL", "FP16", "FP32", "FP64", *(f"{kind}{bits}" for kind in ("INT", "UINT") for bits in (8, 16, 32, 64)))
_TEXT = "BYTES"

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Unacceptable(Exception):
    """A request that isn't the protocol's, or asks for what isn't there. status: of the answer."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


class Door:
    """The protocol's requests to one model. receive_seconds: for a whole request."""

    def __init__(self, model: Model, receive_seconds: float = _RECEIVE_SECONDS) -> None:
        self._model, self._receive_seconds = model, receive_seconds
        # one at a time: the model has one thread of its own
        self._worker = ThreadPoolExecutor(1)
        self._in_flight = 0

    def application(self) -> web.Application:
        """To be run by aiohttp."""
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_as_json])
        app.router.add_get("/v2", self._server)
        for path in ("/v2/health/live", "/v2/health/ready"):
            app.router.add_get(path, self._well)
        for path in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
            app.router.add_get(path, self._metadata)
            app.router.add_get(f"{path}/ready", self._ready)
            app.router.add_post(f"{path}/infer", self._infer)
        return app

    async def _server(self, _request: web.Request) -> web.Response:
        return web.json_response({"name": "driftmill", "version": self._model.release, "extensions": []})

    async def _well(self, request: web.Request) -> web.Response:
        return web.json_response({request.path.rpartition("/")[2]: True})

    async def _ready(self, request: web.Request) -> web.Response:
        self._demand(request)
        return web.json_response({"name": self._model.pipeline, "ready": True})

    async def _metadata(self, request: web.Request) -> web.Response:
        self._demand(request)
        return web.json_response(metadata(self._model))

    async def _infer(self, request: web.Request) -> web.Response:
        self._demand(request)
        if self._in_flight >= _IN_FLIGHT:
            raise Unacceptable("too many requests are under way; try again", 503)
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._receive_seconds):
                body = await request.read()
            found = await asyncio.get_running_loop().run_in_executor(self._worker, inferred, self._model, body)
        except TimeoutError:
            raise Unacceptable(f"the request wasn't there in full after {self._receive_seconds:g} s", 408) from None
        finally:
            self._in_flight -= 1
        return web.json_response(found)

    def _demand(self, request: web.Request) -> None:
        """The model that is asked for is the one that is here."""
        asked = request.match_info
        here = {"name": self._model.pipeline, "version": self._model.release}
        if any(asked.get(part, its) != its for part, its in here.items()):
            raise Unacceptable(f"there is {here['name']} version {here['version']} only", 404)


def metadata(model: Model) -> Json:
    """The protocol's metadata of a model."""
    inputs = [(name, "FP32") for name in model.numbers] + [(name, _TEXT) for name in model.categories]
    return {
        "name": model.pipeline,
        "versions": [model.release],
        "platform": "onnx",
        "inputs": [{"name": name, "datatype": kind, "shape": [-1, 1]} for name, kind in inputs],
        "outputs": [{"name": name, "datatype": kind, "shape": [-1, *rest]} for name, kind, *rest in _outputs(model)],
    }


def inferred(model: Model, body: bytes) -> Json:
    """The answer to a request to infer. Raises Unacceptable."""
    request = _request(body)
    answers = model.answers(_rows(model, request))
    outputs = _outputs(model)
    asked = [one.get("name") for one in _tensors(request, "outputs")] if request.get("outputs") else None
    if unknown := set(map(str, asked or ())) - {name for name, *_ in outputs}:
        raise Unacceptable(f"there is no output {', '.join(sorted(unknown))}: {', '.join(n for n, *_ in outputs)}")
    told = [_output(*one, answers=answers) for one in outputs if asked is None or one[0] in asked]
    found: Json = {"model_name": model.pipeline, "model_version": model.release, "outputs": told}
    return found | ({"id": request["id"]} if "id" in request else {})


def _outputs(model: Model) -> list[tuple[Any, ...]]:
    """Name, type and further dimensions of each output: what an answer of this model tells."""
    found: list[tuple[Any, ...]] = [("status", _TEXT), ("score", "FP64")]
    if model.threshold is not None:
        found.append(("label", "BOOL"))
    if model.half_width is not None:
        found += [("low", "FP64"), ("high", "FP64")]
    if model.classes:
        found += [("decided_class", _TEXT), ("scores", "FP64", len(model.classes))]
    return found


def _output(name: str, kind: str, *rest: int, answers: Sequence[Answer]) -> Json:
    """A tensor; null where a row has no answer."""
    shape = [len(answers), *rest]
    if not rest:
        return {"name": name, "datatype": kind, "shape": shape, "data": [one[name] for one in answers]}
    data = [value for one in answers for value in (one[name] or [None] * rest[0])]
    return {"name": name, "datatype": kind, "shape": shape, "data": data}


def _request(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unacceptable("the body is no JSON") from None
    if not isinstance(found, dict):
        raise Unacceptable('expected {"inputs": […]}')
    return found


def _tensors(request: Mapping[str, Any], name: str) -> list[Json]:
    found = request.get(name)
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in found
    ):
        raise Unacceptable(f"{name}: expected a list of tensors, each with a name")
    return found


def _rows(model: Model, request: Mapping[str, Any]) -> list[Json]:
    """The rows that tensors tell, by name of the input."""
    tensors = {one["name"]: one for one in _tensors(request, "inputs")}
    wanted = [*model.numbers, *model.categories]
    if set(tensors) != set(wanted) or len(tensors) != len(request["inputs"]):
        lacking, unknown = [one for one in wanted if one not in tensors], sorted(set(tensors) - set(wanted))
        raise Unacceptable(f"expected each input once; lacking: {lacking}, unknown: {unknown}")
    columns = [_column(tensors[name], is_text=name in model.categories) for name in wanted]
    if len(set(map(len, columns))) > 1:
        raise Unacceptable("inputs have different numbers of rows")
    return [dict(zip(wanted, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(tensor: Json, is_text: bool) -> list[Any]:
    name, kind, shape, data = (tensor.get(part) for part in ("name", "datatype", "shape", "data"))
    if kind != _TEXT if is_text else kind not in _NUMERIC:
        raise Unacceptable(f"{name}: datatype is {kind}, expected {_TEXT if is_text else 'FP32'}")
    if not isinstance(data, list):
        raise Unacceptable(f"{name}: expected its data as a list; binary data isn't taken")
    flat = [value for one in data for value in (one if isinstance(one, list) else [one])]
    if shape not in ([len(flat)], [len(flat), 1]):
        raise Unacceptable(f"{name}: shape is {shape}, expected [{len(flat)}, 1] for {len(flat)} values")
    if len(flat) > MAX_ROWS:
        raise Unacceptable(f"{name}: {len(flat)} rows, at most {MAX_ROWS} are taken")
    expected = str if is_text else int | float
    if wrong := next((one for one in flat if one is not None and not isinstance(one, expected)), None):
        raise Unacceptable(f"{name}: {wrong!r} is no {'text' if is_text else 'number'}")
    return flat


@web.middleware
async def _as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as the protocol has them."""
    try:
        return await handler(request)
    except Unacceptable as error:
        response = web.json_response({"error": str(error)}, status=error.status)
        close = error.status == 408
    except web.HTTPException as error:
        response = web.json_response({"error": error.reason}, status=error.status)
        close = error.status == 413
    except Exception:
        log.exception("request failed")
        response, close = web.json_response({"error": "the server failed; its log says why"}, status=500), False
    if close:
        response.force_close()
    return response


async def serve(door: Door, host: str, port: int, receive_seconds: float = _RECEIVE_SECONDS) -> web.AppRunner:
    """Listen. A connection whose first request isn't there after its keep-alive time is closed by aiohttp."""
    runner = web.AppRunner(door.application(), access_log=None, keepalive_timeout=receive_seconds)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


async def _run(door: Door, host: str, port: int) -> None:
    stop = asyncio.Event()
    for end in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(end, stop.set)
    runner = await serve(door, host, port)
    log.info("listens on %s:%s", *runner.addresses[0][:2])
    try:
        await stop.wait()
    finally:
        await runner.cleanup()


def main(arguments: Sequence[str]) -> int:
    """Serve until stopped; returns the exit code."""
    parser = argparse.ArgumentParser(prog="serve.py", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--key", type=Path, help="public key that must have signed the model, got from elsewhere")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        model = Model(Path(__file__).resolve().parent, None if options.key is None else bytes_of(options.key))
        asyncio.run(_run(Door(model), options.host, options.port))
    except (Refused, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
