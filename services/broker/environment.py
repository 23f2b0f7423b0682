"""What the local broker takes from and gives to the environment: the only place here that reads it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Settings of other installations that would change what our Java processes do
_FOREIGN = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH")
_FOREIGN_PREFIXES = ("QUARKUS_", "REGISTRY_", "KAFKA_")

_PRIVATE = {"ORT_DISABLE_TELEMETRY": "1"}


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child process: ours, with the loopback addresses exempt from any proxy, and `extra`.

    Without the exemption an HTTP client under HTTP_PROXY asks the proxy for 127.0.0.1, and fails. ONNX Runtime, which
    would otherwise tell its makers of every session, is told not to.
    """
    environment = dict(os.environ)
    listed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = [host.strip() for host in listed.split(",") if host.strip()]
    exempt = ",".join([*hosts, *(host for host in LOOPBACK if host not in hosts)])
    return environment | {"NO_PROXY": exempt, "no_proxy": exempt} | _PRIVATE | dict(extra or {})


def exempt_loopback() -> None:
    """Let clients of this process, too, ask no proxy for the loopback addresses."""
    exempt = child_environment()
    os.environ.update({name: exempt[name] for name in ("NO_PROXY", "no_proxy")})


def java_environment() -> dict[str, str]:
    """As `child_environment`, without what would reconfigure a Java process behind our back."""
    return {
        name: value
        for name, value in child_environment().items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }


def java_home() -> Path | None:
    """JAVA_HOME, if set."""
    home = os.environ.get("JAVA_HOME")
    return Path(home) if home else None


def home_directory() -> Path:
    """Where a running Driftmill keeps its data: DRIFTMILL_HOME, or `.driftmill` under the current directory."""
    return Path(os.environ.get("DRIFTMILL_HOME") or ".driftmill").absolute()


def cache_directory() -> Path:
    """Where all clones of this user keep downloaded files: DRIFTMILL_CACHE, or the platform's cache directory."""
    named = os.environ.get("DRIFTMILL_CACHE")
    if named:
        return Path(named).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "driftmill"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftmill"


def existing_endpoints() -> tuple[str, str] | None:
    """DRIFTMILL_BOOTSTRAP and DRIFTMILL_SCHEMA_REGISTRY, if both are set: a broker and registry that exist already."""
    bootstrap, registry = os.environ.get("DRIFTMILL_BOOTSTRAP"), os.environ.get("DRIFTMILL_SCHEMA_REGISTRY")
    return (bootstrap, registry) if bootstrap and registry else None
