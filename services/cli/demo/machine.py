"""What this machine offers a demo, and what will be downloaded: before anything is installed.

Run by its path with whatever Python 3 there is, so it imports the standard library only. Whether that Python serves is
for scripts/setup to say.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

NEEDED_MEMORY_MB = 3000
NEEDED_DISK_MB = 1500
PACKAGES_MB, PACKAGES_DISK_MB = 350, 1400
BROKER_MB = 185
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def available_memory_mb(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Memory that programs can take, in MB; -1 where the system doesn't say."""
    try:
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1000
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    except (ValueError, OSError):
        return -1


def downloads(root: Path, cache: Path) -> dict[str, int]:
    """What a start would download: name → MB."""
    wanted = {}
    if not (root / ".venv" / "installed").exists():
        wanted["Python packages"] = PACKAGES_MB
    if not cache.is_dir():
        wanted["Kafka and the schema registry"] = BROKER_MB
    return wanted


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Where jars are kept for all clones of this user."""
    if environment.get("DRIFTMILL_CACHE"):
        return Path(environment["DRIFTMILL_CACHE"])
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "driftmill"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftmill"


def look(root: Path, environment: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What was found, a line a thing, and what stands in the way, a sentence each."""
    memory, disk = available_memory_mb(), shutil.disk_usage(root).free // 1_000_000
    wanted = downloads(root, cache_directory(environment))
    proxies = [environment[name] for name in _PROXIES if environment.get(name)]
    # a proxy's address may hold a password
    proxy = proxies[0].rpartition("@")[2] if proxies else "none"
    loads = ", ".join(f"{name} {size} MB" for name, size in wanted.items())
    found = [
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}",
        f"memory {memory / 1000:.1f} GB free, disk {disk / 1000:.1f} GB free, proxy {proxy}",
        f"to download, once: {loads}" if wanted else "nothing to download",
    ]
    needed = NEEDED_DISK_MB + sum(wanted.values()) + (PACKAGES_DISK_MB if "Python packages" in wanted else 0)
    wrong = []
    if 0 <= memory < NEEDED_MEMORY_MB:
        wrong.append(f"The demo needs {NEEDED_MEMORY_MB} MB of memory and {memory} MB are free: close some programs.")
    if disk < needed:
        wrong.append(f"The demo needs {needed} MB on the disk of {root} and {disk} MB are free: make some room.")
    return found, wrong


def main(environment: Mapping[str, str]) -> int:
    """Say it; exit code 1 if something stands in the way."""
    found, wrong = look(Path(__file__).resolve().parents[3], environment)
    sys.stderr.write("\n".join(found + wrong) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))  # noqa: TID251  # the settings' libraries aren't there yet
