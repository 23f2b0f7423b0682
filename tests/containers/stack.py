"""docker-compose.yml under a project name of its own, on free ports, with everything it made removed at the end."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.broker.ports import free_ports

ROOT = Path(__file__).parents[2]
ONE_SHOT = ("storage", "init")
_PORTS = ("INTAKE_PORT", "KAFKA_PORT", "REGISTRY_PORT", "PROMETHEUS_PORT")
_COMMAND_SECONDS = 1800
_STATS_SECONDS = 60


class ComposeFailed(Exception):
    """A command of Docker or Compose failed; the message holds its last lines."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container as the engine sees it. health: empty where it has no check."""

    service: str
    name: str
    state: str
    health: str
    exit_code: int
    user: str

    @property
    def is_well(self) -> bool:
        """Whether it is as it should be once everything is up."""
        if self.service in ONE_SHOT:
            return self.state == "exited" and self.exit_code == 0
        return self.state == "running" and self.health == "healthy"


@dataclass(frozen=True, slots=True)
class Stack:
    """The containers of one project, and the image of their services. ports: by the variable that publishes them."""

    project: str
    image: str
    ports: Mapping[str, int]
    command: Sequence[str]

    @classmethod
    def fresh(cls, project: str) -> "Stack":
        """On ports that are free now. Raises ComposeFailed where there is no Docker with Compose."""
        return cls(project, f"{project}:local", dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True)), _compose())

    def build(self) -> None:
        """Build the image."""
        self._run("build")

    def up(self) -> None:
        """Create and start everything; returns when all has been started, not when it is healthy."""
        self._run("up", "-d")

    def stop(self) -> None:
        """Ask every container to end, and wait until it has."""
        self._run("stop")

    def start(self) -> None:
        """Start the stopped containers again, with what is in their volumes."""
        self._run("start")

    def down(self) -> None:
        """Remove containers, networks, volumes and the image."""
        self._run("down", "--volumes", "--remove-orphans", "--timeout", "20")
        if docker("image", "ls", "--quiet", self.image):
            docker("image", "rm", self.image)

    def leftovers(self) -> list[str]:
        """Names of containers, volumes and networks of this project that still exist."""
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        return [line for kind in kinds for line in docker(*kind, "--quiet", "--filter", self._label).split()]

    def containers(self) -> dict[str, Container]:
        """Every container by its service."""
        ids = docker("ps", "--all", "--quiet", "--filter", self._label).split()
        found = json.loads(docker("inspect", *ids)) if ids else []
        return {one.service: one for one in map(_container, found)}

    def memory(self) -> dict[str, str]:
        """What each running container holds, as Docker says it, by container name."""
        names = [one.name for one in self.containers().values() if one.state == "running"]
        lines = docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names).splitlines()
        return {line.split()[0]: line.split()[1] for line in lines}

    def last_words(self, service: str) -> str:
        """The end of a container's log."""
        name = self.containers()[service].name
        ran = subprocess.run(
            ["docker", "logs", "--tail", "15", name],
            capture_output=True,
            text=True,
            timeout=_STATS_SECONDS,
            check=False,
        )
        return (ran.stdout + ran.stderr).strip()

    @property
    def _label(self) -> str:
        return f"label=com.docker.compose.project={self.project}"

    def _run(self, *arguments: str) -> None:
        environment = os.environ | {name: str(port) for name, port in self.ports.items()}
        environment["DRIFTMILL_IMAGE"] = self.image
        _checked([*self.command, "--project-name", self.project, *arguments], environment, _COMMAND_SECONDS)


def docker(*arguments: str) -> str:
    """What a command of `docker` prints. Raises ComposeFailed."""
    return _checked(["docker", *arguments], dict(os.environ), _STATS_SECONDS)


def _checked(command: Sequence[str], environment: dict[str, str], within: float) -> str:
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=within, check=False
    )
    if ran.returncode != 0:
        words = "\n".join((ran.stdout + ran.stderr).splitlines()[-15:])
        raise ComposeFailed(f"`{' '.join(command)}` ended with {ran.returncode}:\n{words}")
    return ran.stdout


def _compose() -> list[str]:
    if shutil.which("docker") is None:
        raise ComposeFailed("Docker is needed for this run, and there is no `docker` here.")
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, timeout=_STATS_SECONDS, check=False)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    raise ComposeFailed("Docker is here, but neither `docker compose` nor `docker-compose`.")


def _container(seen: dict[str, Any]) -> Container:
    state = seen["State"]
    return Container(
        service=seen["Config"]["Labels"]["com.docker.compose.service"],
        name=seen["Name"].lstrip("/"),
        state=state["Status"],
        health=state.get("Health", {}).get("Status", ""),
        exit_code=state["ExitCode"],
        user=seen["Config"]["User"],
    )
