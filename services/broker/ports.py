"""Free ports on the loopback address, chosen once and remembered."""

import json
import random
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

# Below what Linux and macOS hand out to outgoing connections, so that a remembered port stays free while we are down.
_LOWEST, _HIGHEST = 20_000, 32_000


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on 127.0.0.1."""

    kafka: int
    controller: int
    registry: int


def remembered_ports(path: Path) -> Ports:
    """The ports written in `path`; chosen and written at the first call."""
    if path.is_file():
        return Ports(**json.loads(path.read_text(encoding="ascii")))
    ports = Ports(*free_ports(3))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(ports)), encoding="ascii")
    fresh.replace(path)
    return ports


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
        return True


def is_open(port: int) -> bool:
    """Whether somebody accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on now."""
    candidates = random.SystemRandom().sample(range(_LOWEST, _HIGHEST), 500)
    return [port for port in candidates if is_free(port)][:count]
