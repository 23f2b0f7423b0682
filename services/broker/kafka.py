"""Apache Kafka in KRaft mode: one process is broker and controller."""

import base64
import os
import shutil
import subprocess
import uuid
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services.broker.artifacts import INFRA
from services.broker.environment import java_environment
from services.broker.errors import StartFailed
from services.broker.ports import is_open
from services.broker.server import Server, Site

_HEAP = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_METADATA_SECONDS = 2.0
_FORMAT_SECONDS = 60
_DATA = "data"
_FORMATTED = "formatted"


def kafka_server(site: Site, jars: Path) -> Server:
    """Writes the broker's settings at `site`, formats its storage at the first time, and says how to run it."""
    directory, ports = site.directory, site.ports
    directory.mkdir(parents=True, exist_ok=True)
    template = (INFRA / "server.properties").read_text(encoding="ascii")
    settings = template.format(port=ports.kafka, controller_port=ports.controller, data=_DATA)
    (directory / "server.properties").write_text(settings, encoding="ascii")
    shutil.copyfile(INFRA / "log4j2.properties", directory / "log4j2.properties")
    java = [str(site.java.command), *_HEAP, "-Dlog4j2.configurationFile=log4j2.properties"]
    # sorted: a class archive is valid only for the class path it was made with
    classes = ["-cp", os.pathsep.join(sorted(str(jar) for jar in jars.glob("*.jar")))]
    if not (directory / _FORMATTED).exists():
        _format([*java, *site.archives.use(jars.name, site.java), *classes], directory)
    archive = site.archives.use_or_write(jars.name, site.java, directory)
    return Server(
        name="the Kafka broker",
        command=[*java, *archive, *classes, "kafka.Kafka", "server.properties"],
        site=site,
        ports=(ports.kafka, ports.controller),
        is_ready=lambda: is_open(ports.kafka) and _answers(f"127.0.0.1:{ports.kafka}"),
    )


def _format(base: list[str], directory: Path) -> None:
    # a format that was interrupted leaves no mark, and starts over
    shutil.rmtree(directory / _DATA, ignore_errors=True)
    run = subprocess.run(
        [*base, "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", "server.properties"],
        cwd=directory,
        env=java_environment(),
        capture_output=True,
        text=True,
        timeout=_FORMAT_SECONDS,
        check=False,
    )
    if run.returncode != 0:
        raise StartFailed("the Kafka broker", "could not format its storage", str(directory), run.stdout + run.stderr)
    (directory / _FORMATTED).touch()


def _cluster_id() -> str:
    # a fixed first character: an id that began with "-" would be taken for an option
    return "D" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")[1:]


def _answers(bootstrap: str) -> bool:
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "socket.timeout.ms": 2000})
    try:
        return len(client.list_topics(timeout=_METADATA_SECONDS).brokers) == 1
    except KafkaException:
        return False
