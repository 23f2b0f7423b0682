"""Which broker, registry and pipeline a command talks to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.broker.environment import child_environment, existing_endpoints, home_directory
from services.broker.errors import BrokerError
from services.broker.local import Endpoints, LocalBroker
from services.chassis.errors import TransientError
from services.chassis.settings import ChassisSettings
from services.cli.failure import USAGE, Failure
from services.cli.settings import CliSettings
from services.cli.signals import undisturbed

_REMEMBERED = "pipeline"
_FROM_ENVIRONMENT: dict[str, Any] = {}
_CARRIED = ("pipeline", "bootstrap", "schema_registry", "home", "partitions")


def running_endpoints(home: Path) -> Endpoints:
    """Broker and registry: those of the environment, or our own if they run. Raises Failure."""
    if found := existing_endpoints():
        return Endpoints(*found)
    broker = LocalBroker(home)
    if not broker.status().up:
        raise Failure(
            f"No broker runs under {home}. Start one with `driftmill up <pipeline directory>` or `driftmill broker "
            "up`, or set DRIFTMILL_BOOTSTRAP and DRIFTMILL_SCHEMA_REGISTRY."
        )
    return broker.endpoints


@contextmanager
def started_endpoints(home: Path, broker: LocalBroker) -> Iterator[Endpoints]:
    """Broker and registry, started if need be; what was started here is stopped at the end. Raises BrokerError."""
    if found := existing_endpoints():
        yield Endpoints(*found)
        return
    home.mkdir(parents=True, exist_ok=True)
    ours = not broker.status().up
    try:
        yield broker.up()
    finally:
        if ours:
            with undisturbed():
                broker.down()


def settings_for(pipeline: str, endpoints: Endpoints, home: Path) -> ChassisSettings:
    """The chassis settings of a pipeline; what isn't given here comes from the environment."""
    return ChassisSettings(
        pipeline=pipeline,
        bootstrap=endpoints.bootstrap,
        schema_registry=endpoints.schema_registry,
        home=home,
        **_FROM_ENVIRONMENT,
    )


def connect(pipeline: str | None) -> ChassisSettings:
    """Settings of the named pipeline, else of the environment's, else of the one last used here. Raises Failure."""
    home = home_directory()
    return settings_for(_named(pipeline, home), running_endpoints(home), home)


def offline_environment(pipeline: str | None) -> dict[str, str]:
    """The environment of a program that needs no broker, for a pipeline as `connect` finds it. Raises Failure."""
    home = home_directory()
    return child_environment({"DRIFTMILL_PIPELINE": _named(pipeline, home), "DRIFTMILL_HOME": str(home)})


def offline_settings(pipeline: str | None) -> ChassisSettings:
    """Settings for what needs no broker, of a pipeline as `connect` finds it. Raises Failure."""
    home = home_directory()
    return ChassisSettings(pipeline=_named(pipeline, home), home=home, **_FROM_ENVIRONMENT)


def _named(pipeline: str | None, home: Path) -> str:
    name = pipeline or CliSettings().pipeline or _remembered(home)
    if name is None:
        raise Failure("Which pipeline? Name it with --pipeline or DRIFTMILL_PIPELINE.", USAGE)
    return name


def environment_of(settings: ChassisSettings) -> dict[str, str]:
    """The environment of a service process."""
    return child_environment({f"DRIFTMILL_{name.upper()}": str(getattr(settings, name)) for name in _CARRIED})


def remember(settings: ChassisSettings) -> None:
    """Let later commands in this home be about this pipeline."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / _REMEMBERED).write_text(settings.pipeline)


def _remembered(home: Path) -> str | None:
    path = home / _REMEMBERED
    return path.read_text().strip() or None if path.is_file() else None


def explained(error: Exception) -> str:
    """What went wrong with broker, registry or topics, and what to do."""
    if isinstance(error, TransientError):
        return f"{error}. Is everything up? See `driftmill broker status` and `driftmill status`."
    return str(error)


TROUBLES = (BrokerError, TransientError)
"""Errors of the environment."""
