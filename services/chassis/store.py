"""The object store: model files by name, on a file system or an S3-compatible service."""

from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import obstore
from obstore.store import LocalStore, from_url


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

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        obstore.put(self._store, key, data)

    def get(self, key: str) -> bytes:
        """Read an object. Raises FileNotFoundError."""
        return bytes(obstore.get(self._store, key).bytes())
