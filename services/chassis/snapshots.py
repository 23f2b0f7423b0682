"""Snapshots of states in the object store.

A snapshot is a manifest, written last, that names files by the SHA-256 of what they hold. Files don't change, so one
that an earlier snapshot brought is not sent again.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from services.chassis import clock
from services.chassis.database import TornState
from services.chassis.origin import Origin, Point
from services.chassis.store import Store

log = logging.getLogger(__name__)

KEPT = 3
_ORPHAN_SECONDS = 3_600.0
"""Files without a manifest may belong to a snapshot that is being made; after as long they don't."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One snapshot. files: SHA-256 by name in the database."""

    key: str
    point: Point
    files: Mapping[str, str]


def stored_under(pipeline: str, service: str) -> str:
    """Folder of keys for the snapshots of a service, or of its stage."""
    return f"state/{pipeline}/{service}"


class Snapshots:
    """Snapshots of one service of a pipeline, by partition. root: folder of keys in the store."""

    def __init__(self, store: Store, root: str) -> None:
        self._store, self._root = store, root
        self._digests: dict[int, dict[tuple[int, int], str]] = {}

    def manifests(self, partition: int) -> list[Manifest]:
        """All whole manifests, newest first. Raises STORE_ERRORS."""
        keys = [found.key for found in self._store.found(f"{self._root}/{partition}/manifests")]
        read = (self._manifest(key) for key in sorted(keys, reverse=True))
        return [manifest for manifest in read if manifest is not None]

    def save(self, folder: Path, point: Point, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Make a snapshot of the database in a folder, then drop what is too old. Raises STORE_ERRORS.

        cancelled: asked between files; then the answer is False, and nothing is seen of the snapshot.
        """
        partition = point.origin.partition
        there = {found.key: found.size for found in self._store.found(f"{self._root}/{partition}/files")}
        digests = self._digests_of(partition, sorted(folder.iterdir()))
        for path, digest in digests.items():
            if cancelled():
                return False
            if there.get(self._file(partition, digest)) != path.stat().st_size:
                self._store.put(self._file(partition, digest), path)
        files = {path.name: digest for path, digest in digests.items()}
        body = orjson.dumps(point.to_plain() | {"files": files}, option=orjson.OPT_SORT_KEYS)
        name = f"{clock.now_us():020d}-{hashlib.sha256(body).hexdigest()}.json"
        self._store.put(f"{self._root}/{partition}/manifests/{name}", body)
        self._prune(partition)
        return True

    def fetch(self, manifest: Manifest, folder: Path, after_each: Callable[[], None] = lambda: None) -> None:
        """Bring a snapshot's files into a folder. Raises TornState if one is missing or changed, and STORE_ERRORS."""
        folder.mkdir(parents=True)
        for name, digest in manifest.files.items():
            after_each()
            path = folder / Path(name).name
            try:
                self._store.download(self._file(manifest.point.origin.partition, digest), path)
            except FileNotFoundError as error:
                raise TornState(f"{manifest.key}: {name} is missing") from error
            if _sha256(path) != digest:
                raise TornState(f"{manifest.key}: {name} is not what was stored")

    def _file(self, partition: int, digest: str) -> str:
        return f"{self._root}/{partition}/files/{digest}"

    def _manifest(self, key: str) -> Manifest | None:
        try:
            body = self._store.get(key)
            plain = orjson.loads(body)
            if hashlib.sha256(body).hexdigest() != key.rpartition("-")[2].removesuffix(".json"):
                raise ValueError("changed after it was written")
            return Manifest(key, Point.from_plain(plain), dict(plain["files"]))
        except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
            log.warning("a manifest of a snapshot is left out", extra={"key": key, "why": str(error)})
            return None

    def _digests_of(self, partition: int, paths: list[Path]) -> dict[Path, str]:
        """SHA-256 of files. A checkpoint links files, so most come again under the same number on the disk."""
        known, digests = self._digests.get(partition, {}), {}
        numbered = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}
        for path, number in numbered.items():
            digests[path] = known.get(number) or _sha256(path)
        self._digests[partition] = {numbered[path]: digest for path, digest in digests.items()}
        return digests

    def _prune(self, partition: int) -> None:
        """Keep the newest snapshots of each origin, and the files that they name."""
        kept, dropped = _divided(self.manifests(partition))
        self._store.delete(manifest.key for manifest in dropped)
        needed = {digest for manifest in kept for digest in manifest.files.values()}
        given_up = {digest for manifest in dropped for digest in manifest.files.values()} - needed
        long_ago = clock.now_us() / 1e6 - _ORPHAN_SECONDS
        self._store.delete(
            found.key
            for found in self._store.found(f"{self._root}/{partition}/files")
            if (digest := found.key.rpartition("/")[2]) in given_up
            or (digest not in needed and found.written < long_ago)
        )


def _divided(manifests: Iterable[Manifest]) -> tuple[list[Manifest], list[Manifest]]:
    """Those to keep and those to drop, of manifests with the newest first."""
    of_origin: dict[str, int] = defaultdict(int)
    kept: list[Manifest] = []
    dropped: list[Manifest] = []
    for manifest in manifests:
        origin = repr(_named(manifest.point.origin))
        of_origin[origin] += 1
        (kept if of_origin[origin] <= KEPT else dropped).append(manifest)
    return kept, dropped


def _named(origin: Origin) -> tuple[object, ...]:
    return origin.cluster, sorted(origin.topics.items()), origin.partition, origin.digest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
