"""The layout of a feature vector: which columns it has, and what each of them means."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.contracts.pipeline.definition import short_digest


@dataclass(frozen=True)
class Layout:
    """numbers, categories: names of the columns, in the order in which they travel. digests: what each means."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    digests: Mapping[str, str]

    @property
    def feature_set(self) -> str:
        """Names the layout and the digests in it, 16 hexadecimal digits."""
        named = [[[name, self.digests[name]] for name in names] for names in (self.numbers, self.categories)]
        return short_digest(named)

    def lacks(self, read: Mapping[str, str]) -> list[str]:
        """What a reader of columns, by name and digest, misses here; nothing if it can read these vectors."""
        return [
            f"{name} ({'defined otherwise' if name in self.digests else 'not there'})"
            for name, digest in read.items()
            if self.digests.get(name) != digest
        ]
