"""The two calls of a schema registry that the chassis makes, over HTTP, in this process."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class SchemaServer:
    """Knows schemas by id.

    status, instead: what every call is answered with instead, while it is set. authorization: what the last was sent.
    """

    def __init__(self) -> None:
        self.schemas: dict[int, dict[str, Any]] = {}
        self.status: int | None = None
        self.instead: Any = None
        self.authorization: str | None = None
        self.calls = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def add(self, schema: Any, kind: str = "AVRO") -> int:
        """Give a schema an id."""
        answer = {"schema": schema if kind == "PROTOBUF" else json.dumps(schema), "schemaType": kind}
        known = next((number for number, held in self.schemas.items() if held == answer), None)
        number = known or len(self.schemas) + 1
        self.schemas[number] = answer
        return number

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and body for a call."""
        self.calls += 1
        if self.status is not None:
            return self.status, {"error_code": self.status, "message": "as told"}
        if self.instead is not None:
            return 200, self.instead
        if body is not None:
            return 200, {"id": self.add(json.loads(body["schema"]), body.get("schemaType", "AVRO"))}
        found = self.schemas.get(int(path.partition("?")[0].rpartition("/")[2]))
        return (404, {"error_code": 40403, "message": "Schema not found"}) if found is None else (200, found)

    def behind_tls(self, file: Path) -> None:
        """Speak TLS from now on, with the key and the certificate of a file."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = self.url.replace("http://", "https://")

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def schema_server() -> Iterator[SchemaServer]:
    """A registry for a while."""
    server = SchemaServer()
    try:
        yield server
    finally:
        server.close()


def _handler(server: SchemaServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(*server.answer(self.path, None))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(*server.answer(self.path, json.loads(body)))

        def _reply(self, status: int, body: Any) -> None:
            server.authorization = self.headers["Authorization"]
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Calls of a test are not news."""

    return Handler
