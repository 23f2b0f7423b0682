"""Fetches artefacts in pure Python, several at once; a file that broke off is resumed where it stopped."""

import errno
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.broker.artifacts import Artifact
from services.broker.errors import NoNetwork

_AT_ONCE = 6
_CHUNK = 1 << 16
_TIMEOUT_SECONDS = 30
_ATTEMPTS = 4
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416


def download(artifacts: Sequence[Artifact], directory: Path, arrived: Callable[[int], None]) -> None:
    """Brings the artefacts into `directory`, unchecked. `arrived` is told bytes as they come. Raises NoNetwork."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tasks = [pool.submit(_download, artifact, directory / artifact.name, arrived) for artifact in artifacts]
        try:
            for task in tasks:
                task.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def address_of(artifact: Artifact) -> str:
    """Where the default Maven repository has the file."""
    group, name, version, packaging, classifier = artifact.parts
    # takes a tenth of a second to load, and every command would wait for it
    from jgo.maven import MavenContext

    context = MavenContext()
    component = context.project(group, name).at_version(version)
    found = component.artifact(classifier, packaging)
    return f"{next(iter(context.remote_repos.values()))}/{component.path_prefix.as_posix()}/{found.filename}"


def _download(artifact: Artifact, path: Path, arrived: Callable[[int], None]) -> None:
    address, reason = address_of(artifact), "unknown"
    if path.exists():
        arrived(path.stat().st_size)
    for _ in range(_ATTEMPTS):
        try:
            _receive(address, path, arrived)
        except OSError as error:  # whatever the HTTP client raises is an OSError too
            if error.errno == errno.ENOSPC:
                raise
            reason = _short(error)
            continue
        if path.stat().st_size >= artifact.size:
            return
        reason = "the connection ended early"
    raise NoNetwork(artifact.name, reason)


def _receive(address: str, path: Path, arrived: Callable[[int], None]) -> None:
    have = path.stat().st_size if path.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    from jgo.util import http

    with http.get(address, stream=True, headers=headers, timeout=_TIMEOUT_SECONDS) as response:
        if response.status_code == _RANGE_NOT_SATISFIABLE:
            return
        response.raise_for_status()
        resumed = response.status_code == _PARTIAL_CONTENT
        if not resumed:
            arrived(-have)
        with path.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                arrived(len(chunk))


def _short(error: OSError) -> str:
    cause = error.args[0] if error.args else error
    return str(getattr(cause, "reason", cause)).partition(": ")[2] or type(error).__name__
