"""Which Pythons and platforms Driftmill runs on."""

import platform
import sys

from services.cli.failure import UNSUPPORTED, Failure

_LOWEST, _BEYOND = (3, 11), (3, 14)
_MACHINES = {"Linux": ("x86_64", "aarch64", "arm64"), "Darwin": ("arm64",)}


def demand_supported(
    version: tuple[int, int] = sys.version_info[:2],
    implementation: str = platform.python_implementation(),
    system: str = platform.system(),
    machine: str = platform.machine(),
) -> None:
    """Raises Failure with exit code 3 where Driftmill doesn't run."""
    if implementation != "CPython" or not _LOWEST <= version < _BEYOND:
        found = f"{implementation} {version[0]}.{version[1]}"
        raise Failure(f"Driftmill needs CPython 3.11, 3.12 or 3.13; this is {found}.", UNSUPPORTED)
    if machine not in _MACHINES.get(system, ()):
        raise Failure(
            f"Driftmill runs on Linux (x86-64, arm64), macOS 14 or newer (Apple silicon) and WSL 2; "
            f"this is {system} {machine}.",
            UNSUPPORTED,
        )
