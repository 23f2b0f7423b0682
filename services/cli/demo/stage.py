"""Brings the platform up for a demo, and down."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
from rich.console import Console

from services.broker.environment import child_environment
from services.broker.local import Endpoints, LocalBroker
from services.broker.progress import Progress as BrokerProgress
from services.chassis.configs import codec_for
from services.chassis.settings import ChassisSettings
from services.cli.child import Child
from services.cli.commands.up import prepare
from services.cli.connection import environment_of, settings_for
from services.cli.demo.feed import Feed
from services.cli.demo.order import DemoOrder
from services.cli.signals import undisturbed
from services.cli.supervisor import SERVICES, Supervisor
from services.contracts.pipeline import Pipeline
from services.contracts.topics import staged

_ROOT = Path(__file__).resolve().parents[3]
_STOP_SECONDS = 10.0


class Stage:
    """Broker, topics, services and the replay of one demo; everything ends with `close`."""

    def __init__(self, order: DemoOrder, pipeline: Pipeline, home: Path, tell: Callable[[str], None]) -> None:
        def report(stage: BrokerProgress) -> None:
            tell(str(stage))

        self._broker = LocalBroker(home, detached=False, report=report)
        self._order, self._pipeline, self._home, self._tell = order, pipeline, home, tell
        self._supervisor: Supervisor | None = None
        self._replay: Child | None = None
        self._told = 0

    def open(self) -> tuple[ChassisSettings, Feed]:
        """Start everything but the replay. Raises BrokerError, TransientError, Refused."""
        endpoints = self._broker.up()
        settings = self._settings(endpoints)
        self._tell("Creating topics and applying the pipeline")
        prepare(settings, self._pipeline)
        self._tell("Starting the services")
        self._supervisor = Supervisor(settings, staged(SERVICES, self._pipeline.resolved.stages))
        self._supervisor.start()
        self._replay = self._player(settings)
        self._replay.start()
        return settings, Feed(settings, codec_for(settings, self._pipeline))

    def _settings(self, endpoints: Endpoints) -> ChassisSettings:
        settings = settings_for(self._pipeline.name, endpoints, self._home)
        return settings.model_copy(update={"partitions": 1}) if _needs_one_partition(self._pipeline) else settings

    @property
    def supervisor(self) -> Supervisor:
        """The services' keeper, once open."""
        assert self._supervisor is not None
        return self._supervisor

    def progress(self) -> list[dict[str, object]]:
        """What the replay has reported since the last call."""
        assert self._replay is not None
        with self._replay.log.open("rb") as log:
            log.seek(self._told)
            whole = log.read().rpartition(b"\n")[0]
        self._told += len(whole) + 1 if whole else 0
        return [orjson.loads(line) for line in whole.splitlines() if line.startswith(b'{"progress"')]

    def replay_ended(self) -> int | None:
        """The replay's exit code, None while it plays."""
        assert self._replay is not None
        return self._replay.ended()

    def replay_words(self) -> str:
        """The last line that the replay said."""
        return self._replay.last_words() if self._replay else ""

    def close(self) -> None:
        """Stop everything, the source first."""
        with undisturbed():
            if self._replay is not None:
                self._replay.stop(_STOP_SECONDS)
            if self._supervisor is not None:
                self._supervisor.stop()
            self._broker.down()

    def _player(self, settings: ChassisSettings) -> Child:
        order = self._order
        optional = {"--data": order.data, "--step": order.step}
        arguments = [
            *("replay", "--source", str(order.directory / "source.py"), "--seed", str(order.seed)),
            *("--pace", order.pace, "--final"),
            *(part for name, value in optional.items() if value is not None for part in (name, str(value))),
            *(part for name, value in order.options.items() for part in ("--option", f"{name}={value}")),
        ]
        return Child(
            name="replay",
            module="services.ingestion",
            arguments=arguments,
            environment=environment_of(settings),
            directory=_ROOT,
            log=settings.home / "logs" / settings.pipeline / "replay.log",
        )


def _needs_one_partition(pipeline: Pipeline) -> bool:
    """In which order events of several partitions reach a second entity is decided by the moment, and kept by the log;

    with one partition it is the order of time, so that a seed gives the same numbers everywhere.
    """
    return len(pipeline.resolved.stages) > 1


def keep_running(directory: Path, pipeline: Pipeline, home: Path, console: Console) -> None:
    """Start the platform again on the same data, in the background, for people to look around."""
    extra = {"DRIFTMILL_PARTITIONS": "1"} if _needs_one_partition(pipeline) else {}
    log = home / "logs" / "up.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", "up", str(directory)],
            cwd=_ROOT,
            env=child_environment({"DRIFTMILL_HOME": str(home)} | extra),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    exports = {"DRIFTMILL_HOME": f"'{home}'"} | extra
    told = "".join(f"  export {name}={value}\n" for name, value in exports.items())
    console.print(
        f"Everything keeps running (process {process.pid}, log {log}).\n"
        f"{told}  driftmill status\n  kill {process.pid}    # stops it",
        markup=False,
        soft_wrap=True,
    )
