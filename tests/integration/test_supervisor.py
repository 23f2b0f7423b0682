"""The supervisor says how each service is."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from services.chassis.settings import ChassisSettings
from services.cli.supervisor import SERVICES, Supervisor
from services.contracts import topics


def _supervisor(tmp_path: Path, *services: str) -> Supervisor:
    settings = ChassisSettings(pipeline="payments", home=tmp_path)
    return Supervisor(settings, services)


def test_every_service_of_the_catalogue_is_run() -> None:
    assert set(SERVICES) == set(topics.SERVICES)


def test_services_have_ports_and_logs_of_their_own_and_no_proxy_for_this_machine(tmp_path: Path) -> None:
    children = _supervisor(tmp_path, "validation", "features").children
    assert len({child.environment["DRIFTMILL_HTTP_PORT"] for child in children}) == 2
    assert [child.log.name for child in children] == ["validation.log", "features.log"]
    assert len({child.environment["DRIFTMILL_INTAKE_PORT"] for child in children}) == 1
    assert all("127.0.0.1" in child.environment["NO_PROXY"] for child in children)
    assert all(child.environment["DRIFTMILL_PIPELINE"] == "payments" for child in children)


@pytest.mark.parametrize(("reason", "state"), [("", "ready"), ("no topics yet", "waiting")])
def test_a_running_service_is_as_it_says(tmp_path: Path, reason: str, state: str) -> None:
    supervisor = _supervisor(tmp_path, "validation")
    child = supervisor.children[0]
    child.module = "http.server"
    port = int(supervisor.url("validation").rpartition(":")[2])
    server = HTTPServer(("127.0.0.1", port), _answering(reason))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        child.arguments = ("0", "--bind", "127.0.0.1")
        child.start()
        (condition,) = supervisor.conditions()
        assert (condition.state, condition.why) == (state, reason)
        assert condition.memory > 0
    finally:
        supervisor.stop()
        server.shutdown()
        server.server_close()
    assert supervisor.conditions()[0].pid is None


def _answering(reason: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503 if reason else 200)
            self.end_headers()
            self.wfile.write(b'{"reason": "%s"}' % reason.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
