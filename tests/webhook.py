"""Where messages to people arrive: a web server that can be down, and a mail server."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


class Webhook:
    """A web server on a port of its own. status: what it answers; received: the bodies of what it took.
    where, known: path and credentials of the last that was asked."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        self.where = self.known = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked += 1
                outer.where, outer.known = self.path, self.headers["Authorization"] or ""
                if outer.status == 200:
                    outer.received.append(json.loads(body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """As apprise writes it."""
        return f"json://127.0.0.1:{self.port}/hook?token=secret-token-of-the-hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def webhook(port: int = 0) -> Iterator[Webhook]:
    made = Webhook(port)
    try:
        yield made
    finally:
        made.close()


class Mailbox:
    """What a mail server was handed."""

    def __init__(self) -> None:
        self.letters: list[Message] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content))
        return "250 taken"


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A mail server, and its apprise URL."""
    box = Mailbox()
    server: Any = Controller
    controller = server(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield box, f"mailto://127.0.0.1:{controller.port}?from=driftmill@example.org&to=risk@example.org&mode=insecure"
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as probe:
        return int(probe.server_address[1])
