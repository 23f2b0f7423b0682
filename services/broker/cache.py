"""The files of broker and registry on this machine: fetched once, checked, shared by all clones of a user.

Steps, under a lock between processes: (1) look for what is missing or damaged, (2) fetch it beside its place,
(3) compare its SHA-256 with the pinned one, (4) rename it into its place. So what is in its place is whole and checked.
"""

import errno
import shutil
import tarfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.broker.artifacts import Artifact, Bundle, digest_of
from services.broker.download import download
from services.broker.errors import DiskFull, WrongDigest
from services.broker.lock import locked
from services.broker.maven import fetch_with_maven
from services.broker.progress import Progress, Report, silent

_LOCK_SECONDS = 1800
_SPARE_BYTES = 64_000_000
_UNPACKED = ".sha256"

Fetch = Callable[[Sequence[Artifact], Path, Callable[[int], None]], None]


def fetch(artifacts: Sequence[Artifact], directory: Path, arrived: Callable[[int], None]) -> None:
    """Brings files by Maven if it is installed and works, and in pure Python otherwise."""
    if not fetch_with_maven(artifacts, directory):
        download(artifacts, directory, arrived)


@dataclass(frozen=True, slots=True)
class ArtifactCache:
    """Pinned files under `root`: a directory of jars for the broker, an unpacked archive for the registry."""

    root: Path
    report: Report = silent
    fetch: Fetch = fetch

    def jars(self, bundle: Bundle) -> Path:
        """The directory that holds all files of `bundle`, fetched if need be. Raises BrokerError."""
        place = self._place(bundle)
        if self._missing(bundle):
            with locked(self.root / "lock", _LOCK_SECONDS):
                for file, path in self._fetched(bundle, self._missing(bundle)):
                    place.mkdir(parents=True, exist_ok=True)
                    path.replace(place / file.name)
        return place

    def unpacked(self, bundle: Bundle) -> Path:
        """The directory in which the only file of `bundle`, an archive, is unpacked. Raises BrokerError."""
        place, (archive,) = self._place(bundle), bundle.files
        if not _holds(place, archive):
            with locked(self.root / "lock", _LOCK_SECONDS):
                if not _holds(place, archive):
                    ((_, path),) = self._fetched(bundle, [archive])
                    _unpack(path, archive, place)
        return place

    def pending_bytes(self, jars: Bundle, archive: Bundle) -> int:
        """Bytes that a start would have to download."""
        missing = sum(file.size for file in self._missing(jars))
        return missing + (0 if _holds(self._place(archive), archive.files[0]) else archive.size)

    def _place(self, bundle: Bundle) -> Path:
        return self.root / f"{bundle.name}-{bundle.version}"

    def _missing(self, bundle: Bundle) -> list[Artifact]:
        place = self._place(bundle)
        return [file for file in bundle.files if not _is(place / file.name, file)]

    def _fetched(self, bundle: Bundle, files: Sequence[Artifact]) -> list[tuple[Artifact, Path]]:
        partial = self.root / "partial"
        total = sum(file.size for file in files)
        _demand_space(self.root, 2 * total + _SPARE_BYTES)
        partial.mkdir(parents=True, exist_ok=True)
        try:
            # what an earlier start fetched before it was interrupted need not come again
            lacking = [file for file in files if not _is(partial / file.name, file)]
            if lacking:
                self.fetch(lacking, partial, _Meter(f"Downloading {bundle.name} {bundle.version}", total, self.report))
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DiskFull(str(self.root), total, shutil.disk_usage(self.root).free) from error
            raise
        return [(file, _checked(partial / file.name, file)) for file in files]


class _Meter:
    """Adds up what arrives from several threads and reports it each 4 MB."""

    def __init__(self, stage: str, total: int, report: Report) -> None:
        self._stage, self._total, self._report = stage, total, report
        self._done = self._told = 0
        self._lock = threading.Lock()
        report(Progress(stage, 0, total))

    def __call__(self, count: int) -> None:
        with self._lock:
            self._done += count
            if self._done - self._told < 4_000_000 and self._done < self._total:
                return
            self._told = self._done
        self._report(Progress(self._stage, self._told, self._total))


def _is(path: Path, file: Artifact) -> bool:
    return path.is_file() and path.stat().st_size == file.size and digest_of(path) == file.sha256


def _checked(path: Path, file: Artifact) -> Path:
    found = digest_of(path)
    if found != file.sha256:
        path.unlink()
        raise WrongDigest(file.name, file.sha256, found)
    return path


def _holds(place: Path, archive: Artifact) -> bool:
    mark = place / _UNPACKED
    return mark.is_file() and mark.read_text(encoding="ascii") == archive.sha256


def _unpack(path: Path, archive: Artifact, place: Path) -> None:
    fresh = place.with_name(f"{place.name}.new")
    for stale in (fresh, place):
        shutil.rmtree(stale, ignore_errors=True)
    with tarfile.open(path) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(fresh, filter="data")
        else:  # Python 3.11.0 to 3.11.3; the archive is the pinned one
            tar.extractall(fresh)
    (fresh / _UNPACKED).write_text(archive.sha256, encoding="ascii")
    fresh.rename(place)
    path.unlink()


def _demand_space(path: Path, needed: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path).free
    if free < needed:
        raise DiskFull(str(path), needed, free)
