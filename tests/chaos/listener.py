"""A local broker with a second listener, whose clients are sent to the port of a proxy for everything."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from services.broker import kafka
from services.broker.artifacts import INFRA
from services.broker.local import Endpoints, LocalBroker
from services.broker.ports import free_ports
from tests.chaos.proxy import Proxy

_PLAIN = "listeners=PLAINTEXT://127.0.0.1:{port},"
_ADVERTISED = "advertised.listeners=PLAINTEXT://127.0.0.1:{port}"
_PROTOCOLS = "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,"


@dataclass(frozen=True, slots=True)
class Ground:
    """A broker with both listeners. behind: port of the second listener. before: port of whatever stands before it."""

    broker: LocalBroker
    behind: int
    before: int

    @property
    def proxied(self) -> Endpoints:
        """What clients are told that are to go through the proxy."""
        return Endpoints(f"127.0.0.1:{self.before}", self.broker.endpoints.schema_registry)

    @contextmanager
    def proxy(self) -> Iterator[Proxy]:
        """A proxy for a while."""
        made = Proxy(self.before, self.behind)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def ground(home: Path) -> Iterator[Ground]:
    """A running broker under a directory. Its settings are written anew at each start, so they stay patched."""
    behind, before = free_ports(2)
    infra = home / "infra"
    shutil.copytree(INFRA, infra, dirs_exist_ok=True)
    text = (infra / "server.properties").read_text()
    for old, more in (
        (_PLAIN, f"PROXIED://127.0.0.1:{behind},"),
        (_ADVERTISED, f",PROXIED://127.0.0.1:{before}"),
        (_PROTOCOLS, "PROXIED:PLAINTEXT,"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, old + more)
    (infra / "server.properties").write_text(text)
    with patch.object(kafka, "INFRA", infra):
        broker = LocalBroker(home, detached=False)
        broker.up()
        try:
            yield Ground(broker, behind, before)
        finally:
            broker.down(10.0)
