"""A command of `driftmill` in a container of an image, by Docker."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from services.chassis.settings import ChassisSettings
from services.cli.failure import Failure
from services.cli.signals import noticed

_INSIDE = "/var/lib/driftmill"
"""Home directory in the image."""
_LOOK_SECONDS = 0.1
_TOLD = (
    *("DRIFTMILL_PIPELINE", "DRIFTMILL_BOOTSTRAP", "DRIFTMILL_SCHEMA_REGISTRY", "DRIFTMILL_HOME", "DRIFTMILL_STORE"),
    *("DRIFTMILL_PARTITIONS", "DRIFTMILL_RUN_WORKERS", "DRIFTMILL_RUN_CLUSTER", "NO_PROXY", "no_proxy"),
)
_OF_S3 = "AWS_"


def run_in(image: str, words: Sequence[str], settings: ChassisSettings, told: Mapping[str, str], volume: str) -> int:
    """The exit code of a command in a container of an image, which reads keys and store and changes neither.

    told: our environment. volume: a Docker volume that holds the home directory; empty: it is a directory here. Raises
    Failure.
    """
    docker = shutil.which("docker", path=told.get("PATH"))
    if docker is None:
        raise Failure(f"Docker is needed to run {image}, and there is no `docker` here.")
    if volume:
        _demand(docker, volume, told)
    place = in_volume(volume, told) if volume else in_directory(settings, told)
    with noticed() as interrupted, subprocess.Popen([docker, *run_of(image, words, place)], env=told) as client:
        while client.poll() is None:
            if interrupted.wait(_LOOK_SECONDS):
                client.terminate()  # killed, Docker's client would leave its container running
                client.wait()
    if interrupted.is_set():
        raise KeyboardInterrupt
    return client.returncode


def run_of(image: str, words: Sequence[str], place: Sequence[str]) -> list[str]:
    """Arguments of `docker`. place: how keys and store are reached. What is published on this machine is reached as
    from here; the image's own home is not written to. The command is no first process, which would heed no signal."""
    return ["run", "--rm", "--init", "--network", "host", "--env", "NUMBA_CACHE_DIR=/tmp/numba", *place, image, *words]


def in_volume(volume: str, told: Mapping[str, str]) -> list[str]:
    """Options that put a volume where the image has its home directory."""
    return ["--volume", f"{volume}:{_INSIDE}:ro", *_named(told, without="DRIFTMILL_HOME")]


def in_directory(settings: ChassisSettings, told: Mapping[str, str]) -> list[str]:
    """Options that put our home directory, and a store that is another directory, where they are here too, for who owns
    the home directory."""
    home = settings.home.absolute()
    owner, store = home.stat(), urlparse(settings.store_url)
    folders = [home]
    if store.scheme == "file" and not (path := Path(url2pathname(store.path))).is_relative_to(home.resolve()):
        folders.append(path)
    mounts = [word for folder in folders for word in ("--volume", f"{folder}:{folder}:ro")]
    return [*mounts, "--user", f"{owner.st_uid}:{owner.st_gid}", *_named(told)]


def _demand(docker: str, volume: str, told: Mapping[str, str]) -> None:
    """Docker would make a volume that isn't there, and leave it behind. Raises Failure."""
    command = [docker, "volume", "inspect", volume]
    asked = subprocess.run(command, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if asked.returncode:
        raise Failure(f"{asked.stderr.strip()}\n`docker volume ls` lists the volumes that there are.")


def _named(told: Mapping[str, str], without: str = "") -> list[str]:
    """Only names: values may be secret, and Docker takes them from our environment."""
    names = [name for name in told if name in _TOLD or name.startswith(_OF_S3)]
    return [word for name in sorted(names) if name != without for word in ("--env", name)]
