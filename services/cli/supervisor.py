"""Runs all services of a pipeline: restarts what dies, says how each is, stops them in the order of the flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import orjson

from services.broker.ports import free_ports
from services.chassis.settings import ChassisSettings
from services.cli.child import Child
from services.cli.connection import environment_of
from services.contracts.topics import entity_of, service_of

SERVICES = (
    *("ingestion", "validation", "features", "inference", "outcomes"),
    *("lake", "monitoring", "training", "registry"),
)
"""In the order of the flow."""

_ROOT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Condition:
    """How one service is. state: ready, waiting, starting, restarting or wrong; why: what it waits for, or its end."""

    service: str
    state: str
    pid: int | None
    restarts: int
    memory: int
    why: str = ""


class Supervisor:
    """Keeps the services of one pipeline running: `start`, then `tend` often, `stop` at the end.

    services: names of them, and of stages of features, in the order of the flow.
    """

    def __init__(self, settings: ChassisSettings, services: Sequence[str] = SERVICES) -> None:
        *ports, intake = free_ports(len(services) + 1)
        self._ports = dict(zip(services, ports, strict=True))
        environment = {"DRIFTMILL_INTAKE_PORT": str(intake)} | environment_of(settings)
        self.intake = f"http://127.0.0.1:{environment['DRIFTMILL_INTAKE_PORT']}"
        """Where events and labels are taken by HTTP."""
        logs = settings.home / "logs" / settings.pipeline
        self.children = [
            Child(
                name=service,
                module=f"services.{service_of(service)}",
                arguments=(),
                environment=environment
                | {"DRIFTMILL_HTTP_PORT": str(self._ports[service]), "DRIFTMILL_ENTITY": entity_of(service)},
                directory=_ROOT,
                log=logs / f"{service}.log",
            )
            for service in services
        ]
        # 127.0.0.1 is never asked through a proxy
        self._opener = build_opener(ProxyHandler({}))

    def start(self) -> None:
        """Start all services."""
        for child in self.children:
            child.start()

    def tend(self) -> list[Child]:
        """Restart what has died; returns those that died since the last call."""
        return [child for child in self.children if child.tend()]

    def stop(self) -> None:
        """Stop all services, the source of the flow first; each finishes what it is at."""
        for child in self.children:
            child.ask()
        for child in self.children:
            child.stop(_STOP_SECONDS)

    def url(self, service: str) -> str:
        """Where a service answers `/live`, `/ready` and `/metrics`."""
        return f"http://127.0.0.1:{self._ports[service]}"

    def conditions(self) -> list[Condition]:
        """How each service is."""
        return [self._condition(child) for child in self.children]

    def _condition(self, child: Child) -> Condition:
        if child.pid is None:
            state = "wrong" if child.hopeless else "restarting"
            return Condition(child.name, state, None, child.restarts, 0, child.last_words())
        reason = self._reason(child.name)
        state = "starting" if reason is None else "waiting" if reason else "ready"
        return Condition(child.name, state, child.pid, child.restarts, child.memory(), reason or "")

    def _reason(self, service: str) -> str | None:
        """Why a service isn't ready; empty if it is; None if it doesn't answer yet."""
        try:
            with self._opener.open(f"{self.url(service)}/ready", timeout=1.0) as answer:
                body = answer.read()
        except HTTPError as error:
            body = error.read()
        except (URLError, OSError):
            return None
        return str(orjson.loads(body).get("reason", ""))
