"""HTTP intake: POST /events and POST /labels, a JSON object or an array of them.

202 {"accepted": n, "ids": […]} only once the broker has acknowledged every record. Otherwise {"error": …}: 400 for a
body of another shape, 408 for one that comes too slowly, 413 for one that is too large, 503 where Kafka did not confirm
it or too much is under way: then the same request may be repeated, since an event of a known id isn't taken twice.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import orjson
from aiohttp import web

from services.chassis.acknowledged import AcknowledgedWriter, NotAcknowledged
from services.chassis.context import Context
from services.chassis.errors import Refused
from services.chassis.health import Health
from services.ingestion.domain.submission import MAX_BODY_BYTES, Shape, Submitted, Unacceptable

log = logging.getLogger(__name__)

PASSED_ON = ("traceparent", "tracestate")
CLOUD_EVENT = {f"ce-{name}": f"ce_{name}" for name in ("source", "type", "time", "specversion")}
"""Headers of CloudEvents in HTTP's binary mode and as they are called in Kafka's."""

_DOWN = "Kafka can't be reached"
_BACKLOG = 128
_SHUTDOWN_SECONDS = 15.0
_WATCH_SECONDS = 0.2

Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """receive_seconds: for a whole request. acknowledge_seconds: for the broker. in_flight: requests at one time."""

    receive_seconds: float = 10.0
    acknowledge_seconds: float = 12.0
    in_flight: int = 64


class Intake:
    """The intake of one pipeline; `port` is the one taken once it listens."""

    def __init__(self, context: Context, host: str, port: int, bounds: Bounds = Bounds()) -> None:
        event, label = context.pipeline.event, context.pipeline.label
        view = context.pipeline.resolved
        self._shapes = {
            "events.raw": Shape(event.id, view.entity_field),
            "labels": Shape(label.id or event.id, view.label_entity_field),
        }
        self._context, self._bounds = context, bounds
        self._host, self.port = host, port
        self._in_flight = 0
        self._down = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set. Raises Refused if the address is taken."""
        writer = AcknowledgedWriter(self._context.settings, self._down.set)
        try:
            asyncio.run(self._serve(writer, stop))
        finally:
            writer.close()

    async def _serve(self, writer: AcknowledgedWriter, stop: threading.Event) -> None:
        app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_as_json])
        app.router.add_post("/events", self._door("events.raw", writer))
        app.router.add_post("/labels", self._door("labels", writer))
        # aiohttp closes a connection whose first request isn't there in full after its keep-alive time
        runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=self._bounds.receive_seconds,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await self._listen(runner)
            await self._watch(writer, stop)
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._host, self.port, backlog=_BACKLOG).start()
        except OSError as error:
            where = f"{self._host}:{self.port}"
            raise Refused(
                f"Can't listen on {where}: {error.strerror}. Choose another DRIFTMILL_INTAKE_PORT."
            ) from error
        self.port = runner.addresses[0][1]
        log.info("intake listens", extra={"host": self._host, "port": self.port})

    async def _watch(self, writer: AcknowledgedWriter, stop: threading.Event) -> None:
        health = self._context.health
        while not stop.is_set():
            health.tick()
            if self._down.is_set():
                await self._reach(writer, health)
            elif health.ready():
                log.info("ready")
            await asyncio.sleep(_WATCH_SECONDS)

    async def _reach(self, writer: AcknowledgedWriter, health: Health) -> None:
        if health.waiting(_DOWN):
            log.warning("waiting", extra={"why": _DOWN})
        if await asyncio.to_thread(writer.can_reach_broker):
            self._down.clear()

    def _door(self, topic: str, writer: AcknowledgedWriter) -> Handler:
        async def take(request: web.Request) -> web.Response:
            if self._in_flight >= self._bounds.in_flight:
                return _answer(503, {"error": "too many requests are under way; try again"}, retry_after=1)
            self._in_flight += 1
            try:
                return await self._take(request, topic, writer)
            finally:
                self._in_flight -= 1

        return take

    async def _take(self, request: web.Request, topic: str, writer: AcknowledgedWriter) -> web.Response:
        try:
            async with asyncio.timeout(self._bounds.receive_seconds):
                body = await request.read()
        except TimeoutError:
            seconds = f"{self._bounds.receive_seconds:g} s"
            return _answer(408, {"error": f"the request wasn't there in full after {seconds}"}, close=True)
        try:
            records = self._shapes[topic].read(body, request.headers.get("ce-id"))
        except Unacceptable as error:
            return _answer(error.status, {"error": str(error)})
        return await self._write(topic, records, _carried(request.headers), writer)

    async def _write(
        self, topic: str, records: list[Submitted], headers: Mapping[str, str], writer: AcknowledgedWriter
    ) -> web.Response:
        name = self._context.settings.topic(topic)
        under_way: list[asyncio.Future[None]] = []
        refused: NotAcknowledged | None = None
        for record in records:
            try:
                carried = {**headers, "ce_id": record.event_id}
                under_way.append(writer.write(name, record.key, record.data, carried))
            except NotAcknowledged as error:
                refused = error
                break
        done = await self._acknowledged(under_way)
        ids = [record.event_id for record, is_done in zip(records, done, strict=False) if is_done]
        self._context.metrics.written.labels(topic).inc(len(ids))
        if len(ids) == len(records):
            return _answer(202, {"accepted": len(ids), "ids": ids})
        why = str(refused) if refused else "Kafka has not confirmed every record in time"
        advice = f"{why}; repeat the request as it is: what was written already isn't taken twice"
        return _answer(503, {"error": advice, "accepted": len(ids), "ids": ids}, retry_after=2)

    async def _acknowledged(self, under_way: list["asyncio.Future[None]"]) -> list[bool]:
        """Which of the records are acknowledged, in their order; waits for all, but not for ever."""
        if under_way:
            await asyncio.wait(under_way, timeout=self._bounds.acknowledge_seconds)
        done = [future.done() and not future.cancelled() and future.exception() is None for future in under_way]
        for future in under_way:
            # whoever comes too late is heard, so that the event loop doesn't report it as forgotten
            future.add_done_callback(lambda late: late.cancelled() or late.exception())
        return done


def _carried(headers: Mapping[str, str]) -> dict[str, str]:
    named = {name: name for name in PASSED_ON} | CLOUD_EVENT
    return {kafka: headers[http] for http, kafka in named.items() if http in headers}


def _answer(
    status: int, value: Mapping[str, object], retry_after: int | None = None, close: bool = False
) -> web.Response:
    response = web.Response(status=status, body=orjson.dumps(value), content_type="application/json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if close:
        response.force_close()
    return response


_EXPLAINED = {
    404: "there is POST /events and POST /labels",
    405: "send it with POST",
    413: f"the body is larger than {MAX_BODY_BYTES} bytes",
}


@web.middleware
async def _as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Errors that aiohttp raises, as JSON too."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _answer(error.status, {"error": _EXPLAINED.get(error.status, error.reason)}, close=error.status == 413)
