"""The bytes that references in events name: put into the object store once, found again by their SHA-256."""

from collections import OrderedDict
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

from services.chassis.errors import TransientError
from services.chassis.store import STORE_ERRORS, Store
from services.contracts.reference import reference_to

_FOLDER = "references"
_AT_A_TIME = 16
_KEPT_BYTES = 32 * 2**20


class References:
    """Bytes by their reference, of all pipelines that share the store. Not for several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._readers = ThreadPoolExecutor(_AT_A_TIME, "references")
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def put(self, data: bytes) -> str:
        """Store bytes, unless they are there; what names them. Raises TransientError while the store is away."""
        reference = reference_to(data)
        try:
            if not self._has(reference, len(data)):
                self._store.put(_key(reference), data)
        except STORE_ERRORS as error:
            raise TransientError(f"object store: {error}") from error
        return reference

    def resolve(self, references: Collection[str]) -> dict[str, bytes]:
        """The bytes that are there and whose SHA-256 is their reference. Raises TransientError while the store is away.

        The last few are kept in memory.
        """
        found = {one: self._kept[one] for one in references if one in self._kept}
        found |= self._read([one for one in references if one not in found])
        for one in references:
            if one in found:
                self._keep(one, found[one])
        return found

    def _read(self, references: Collection[str]) -> Iterator[tuple[str, bytes]]:
        try:
            for one, data in zip(references, self._readers.map(self._content, references), strict=True):
                if data is not None and reference_to(data) == one:
                    yield one, data
        except STORE_ERRORS as error:
            raise TransientError(f"object store: {error}") from error

    def _content(self, reference: str) -> bytes | None:
        try:
            return self._store.get(_key(reference))
        except FileNotFoundError:
            return None

    def _has(self, reference: str, size: int) -> bool:
        try:
            return self._store.size(_key(reference)) == size
        except FileNotFoundError:
            return False

    def _keep(self, reference: str, data: bytes) -> None:
        if reference not in self._kept:
            self._size += len(data)
        self._kept[reference] = data
        self._kept.move_to_end(reference)
        while self._size > _KEPT_BYTES:
            self._size -= len(self._kept.popitem(last=False)[1])


def _key(reference: str) -> str:
    return f"{_FOLDER}/{reference}"
