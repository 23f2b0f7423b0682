"""Local snapshots of state: whole or not there, and only used where they belong."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgpack

_MAGIC = b"DMS1"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of one partition and the position of each log topic that it stands for (next offset)."""

    digest: str
    cluster: str
    positions: Mapping[str, int]
    data: bytes


class Snapshots:
    """Snapshots of one service instance, a file a partition."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, partition: int, snapshot: Snapshot) -> None:
        """Replace the partition's snapshot atomically. Raises OSError, say on a full disk; the old one stays."""
        self._folder.mkdir(parents=True, exist_ok=True)
        body = msgpack.packb([snapshot.digest, snapshot.cluster, dict(snapshot.positions), snapshot.data])
        draft = self._path(partition).with_suffix(".draft")
        try:
            with draft.open("wb") as file:
                file.write(_MAGIC + hashlib.sha256(body).digest() + body)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path(partition))
        finally:
            draft.unlink(missing_ok=True)

    def load(self, partition: int, digest: str, cluster: str) -> Snapshot | None:
        """The partition's snapshot, or None if there is none that is whole, of this code and of this cluster."""
        try:
            content = self._path(partition).read_bytes()
        except FileNotFoundError:
            return None
        body = content[36:]
        if content[:4] != _MAGIC or content[4:36] != hashlib.sha256(body).digest():
            return None
        snapshot = Snapshot(*msgpack.unpackb(body))
        return snapshot if (snapshot.digest, snapshot.cluster) == (digest, cluster) else None

    def _path(self, partition: int) -> Path:
        return self._folder / f"{partition}.snapshot"
