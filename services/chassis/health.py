"""`/live`, `/ready` and `/metrics` of a process, served by a thread of its own."""

import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
from prometheus_client import CollectorRegistry, generate_latest

from services.chassis import clock
from services.chassis.errors import Refused

LIVE_SECONDS = 60.0


class Health:
    """What a process says of itself: alive while its loop ticks, ready once it can do its work."""

    def __init__(self) -> None:
        self._tick = clock.monotonic()
        self.reason = "starting"

    def tick(self) -> None:
        """The loop turned once more."""
        self._tick = clock.monotonic()

    def waiting(self, reason: str) -> bool:
        """Not ready, and why. True if that is news."""
        news, self.reason = reason != self.reason, reason
        return news

    def ready(self) -> bool:
        """Ready from now on. True if that is news."""
        return self.waiting("")

    @property
    def is_live(self) -> bool:
        return clock.monotonic() - self._tick < LIVE_SECONDS

    @property
    def is_ready(self) -> bool:
        return not self.reason


_CLOSE_SECONDS = 0.05
"""How often the server looks whether it is closed."""


class HealthServer:
    """Serves health and metrics until closed; `port` is the one taken. Raises Refused where it can't be taken."""

    def __init__(self, host: str, port: int, health: Health, registry: CollectorRegistry) -> None:
        pages = {"/live": _live(health), "/ready": _ready(health), "/metrics": lambda: (200, generate_latest(registry))}
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(pages))
        except OSError as error:
            raise Refused(
                f"{host}:{port} can't be taken for health and metrics ({error.strerror}). "
                "Set DRIFTMILL_HTTP_PORT to a free port, or to 0."
            ) from error
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        serve = partial(self._server.serve_forever, _CLOSE_SECONDS)
        self._thread = threading.Thread(target=serve, name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


Page = Callable[[], tuple[int, bytes]]


def _live(health: Health) -> Page:
    def page() -> tuple[int, bytes]:
        return (200 if health.is_live else 503), orjson.dumps({"live": health.is_live})

    return page


def _ready(health: Health) -> Page:
    def page() -> tuple[int, bytes]:
        return (200 if health.is_ready else 503), orjson.dumps({"ready": health.is_ready, "reason": health.reason})

    return page


def _handler(pages: dict[str, Page]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, body = pages.get(self.path, lambda: (404, b"{}"))()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if self.path == "/metrics" else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests for health are not news."""

    return Handler
