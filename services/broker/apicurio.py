"""Apicurio Registry, which speaks Confluent's schema registry API; its ids are kept in an H2 database on disk."""

import http.client
from pathlib import Path

from services.broker.server import Server, Site

CONFLUENT_API = "/apis/ccompat/v7"

_HEAP = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# Records name schemas by id, so an id that was given must survive a kill: every commit goes to disk at once.
_DATABASE = "jdbc:h2:file:./schemas;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE"
_ANSWER_SECONDS = 5


def registry_server(site: Site, app: Path) -> Server:
    """Says how to run the unpacked registry `app` with its data at `site`."""
    site.directory.mkdir(parents=True, exist_ok=True)
    (runner,) = app.glob("*-runner.jar")
    port = site.ports.registry
    settings = {
        "quarkus.http.host": "127.0.0.1",
        "quarkus.http.port": str(port),
        "quarkus.log.level": "WARN",
        "quarkus.banner.enabled": "false",
        "REGISTRY_DATASOURCE_URL": _DATABASE,
    }
    options = [f"-D{name}={value}" for name, value in settings.items()]
    archive = site.archives.use_or_write(app.name, site.java, site.directory)
    return Server(
        name="the schema registry",
        command=[str(site.java.command), *_HEAP, *archive, *options, "-jar", str(runner)],
        site=site,
        ports=(port,),
        is_ready=lambda: _answers(port),
    )


def _answers(port: int) -> bool:
    # http.client knows no proxies, which have no business between us and the loopback address
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", f"{CONFLUENT_API}/subjects")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
