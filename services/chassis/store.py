"""The object store: model files and snapshots by name, on a file system or an S3-compatible service."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

STORE_ERRORS = (OSError, BaseError)
"""What a store that can't be read or written raises."""


@dataclass(frozen=True, slots=True)
class Found:
    """One object. size: bytes; written: seconds since 1970 UTC."""

    key: str
    size: int
    written: float


class Store:
    """Whole objects by key. A key holds what was put last; a put is seen whole or not at all."""

    def __init__(self, url: str) -> None:
        parsed = urlparse(url)
        if parsed.scheme == "file":
            folder = Path(url2pathname(parsed.path))
            self._store: obstore.store.ObjectStore = LocalStore(folder, mkdir=True)
        else:
            self._store = from_url(url)
        self.url = url

    def put(self, key: str, data: bytes | Path) -> None:
        """Write an object: bytes, or what a file holds."""
        obstore.put(self._store, key, data)

    def get(self, key: str) -> bytes:
        """Read an object. Raises FileNotFoundError."""
        return bytes(obstore.get(self._store, key).bytes())

    def size(self, key: str) -> int:
        """Bytes of an object. Raises FileNotFoundError."""
        return int(obstore.head(self._store, key)["size"])

    def download(self, key: str, path: Path) -> None:
        """Write an object to a file, a part at a time. Raises FileNotFoundError, OSError."""
        with path.open("wb") as file:
            for part in obstore.get(self._store, key).stream():
                file.write(part)

    def found(self, prefix: str) -> list[Found]:
        """All objects below a folder of keys."""
        pages = self._store.list(prefix)
        return [Found(one["path"], one["size"], one["last_modified"].timestamp()) for page in pages for one in page]

    def folders(self, prefix: str) -> list[str]:
        """Names of the folders right below a folder of keys."""
        found = self._store.list_with_delimiter(prefix)["common_prefixes"]
        return [path.rstrip("/").rpartition("/")[2] for path in found]

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that aren't there don't matter."""
        for key in keys:
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                continue
