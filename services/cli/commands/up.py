"""`driftmill up`: broker, topics, configuration and all services of a pipeline, until Ctrl-C."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.live import Live

from services.broker.environment import home_directory
from services.broker.local import LocalBroker
from services.broker.progress import Progress as Stage
from services.chassis import clock
from services.chassis.configs import apply_pipeline
from services.chassis.errors import TransientError
from services.chassis.keys import make_keys
from services.chassis.progress import Progress
from services.chassis.settings import ChassisSettings
from services.chassis.topic_admin import create_topics
from services.cli.checked import load_checked
from services.cli.connection import remember, settings_for, started_endpoints
from services.cli.output import Row, console, say, table
from services.cli.person import person
from services.cli.signals import interruptible, undisturbed
from services.cli.supervisor import SERVICES, Condition, Supervisor
from services.contracts.pipeline import Pipeline
from services.contracts.topics import staged

_LOOK_SECONDS = 2.0


def up(directory: Annotated[Path, typer.Argument(help="Directory with pipeline.yaml.")]) -> None:
    """Start the broker (unless there is one), the topics and all services of a pipeline; Ctrl-C stops them."""
    pipeline = load_checked(directory)
    home = home_directory()
    broker = LocalBroker(home, detached=False, report=StageLine())
    with interruptible(), started_endpoints(home, broker) as endpoints:
        settings = settings_for(pipeline.name, endpoints, home)
        prepare(settings, pipeline)
        supervisor = Supervisor(settings, staged(SERVICES, pipeline.resolved.stages))
        say(f"{pipeline.name}: Kafka on {endpoints.bootstrap}, schemas on {endpoints.schema_registry}, data in {home}")
        say(f"Events by HTTP: POST {supervisor.intake}/events, labels: POST {supervisor.intake}/labels")
        try:
            supervisor.start()
            _watch(supervisor, Progress(settings, pipeline.resolved.stages))
        except KeyboardInterrupt:
            say("Stopping.")
        finally:
            with undisturbed():
                supervisor.stop()


def prepare(settings: ChassisSettings, pipeline: Pipeline) -> None:
    """Topics, keys and the applied configuration. Raises TransientError, Refused."""
    create_topics(settings, pipeline.resolved.stages)
    make_keys(settings.home / "keys")
    apply_pipeline(settings, pipeline, person())
    remember(settings)


def condition_rows(conditions: list[Condition], lags: dict[str, int | None]) -> list[Row]:
    """One row a service, as it is shown."""
    return [
        {
            "service": one.service,
            "state": one.state,
            "pid": one.pid,
            "restarts": one.restarts,
            "lag": lags.get(one.service),
            "memory MB": round(one.memory / 1e6),
            "waits for": one.why[:90],
        }
        for one in conditions
    ]


def _watch(supervisor: Supervisor, progress: Progress) -> NoReturn:
    shown: dict[str, str] = {}
    terminal = console()
    try:
        with Live(console=terminal, auto_refresh=False, transient=True) as live:
            looked = 0.0
            while True:
                clock.sleep(0.2)
                for child in supervisor.tend():
                    say(f"{child.name} ended with exit code {child.exit_code}: {child.last_words()[:300]}")
                if clock.monotonic() - looked < _LOOK_SECONDS:
                    continue
                conditions = supervisor.conditions()
                if terminal.is_terminal:
                    live.update(table(condition_rows(conditions, _lags(progress))), refresh=True)
                else:
                    _tell_changes(conditions, shown)
                looked = clock.monotonic()
    finally:
        progress.close()


def _lags(progress: Progress) -> dict[str, int | None]:
    try:
        return {service: progress.lag(service) for service in progress.services}
    except TransientError:
        return {}


def _tell_changes(conditions: list[Condition], shown: dict[str, str]) -> None:
    for one in conditions:
        line = f"{one.service}: {one.state}{f' ({one.why[:200]})' if one.why else ''}"
        if shown.get(one.service) != line:
            shown[one.service] = line
            say(line)


class StageLine:
    """Tells the stages of a broker's start, each once, and downloads at every tenth."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, stage: Stage) -> None:
        """Told by the broker."""
        tenth = stage.done * 10 // stage.total if stage.total else 0
        line = f"{stage.stage} {tenth}"
        if line != self._last:
            self._last = line
            say(str(stage))
