"""A field's fixed histogram in one window, as monitoring compares it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """bins: occupied bins of the fixed binning, ascending; their order is the order of the values. counts: in each."""

    bins: Ints
    counts: Ints
    categories: Mapping[str, int]
    missing: int

    @property
    def total(self) -> int:
        """Rows, with those where the field is missing."""
        return int(self.counts.sum()) + sum(self.categories.values()) + self.missing

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(_NONE, _NONE, {}, 0)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Of a `FieldProfile` of ProfileClosed.avsc."""
        bins = np.array(record["bins"], dtype=np.int64)
        counts = np.array(record["bin_counts"], dtype=np.int64)
        return cls(bins, counts, dict(record["categories"]), int(record["missing"]))

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> Self:
        """All rows of several histograms; the same whatever their order."""
        held = list(parts)
        if not held:
            return cls.empty()
        bins, counts = _summed([(part.bins, part.counts) for part in held if len(part.bins)])
        categories: dict[str, int] = {}
        for part in held:
            for name, count in part.categories.items():
                categories[name] = categories.get(name, 0) + count
        ordered = {name: categories[name] for name in sorted(categories)}
        return cls(bins, counts, ordered, sum(part.missing for part in held))


def _summed(parts: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Bins and counts of several, each ascending: half of what numpy.unique costs."""
    if len(parts) < 2:
        return parts[0] if parts else (_NONE, _NONE)
    bins = np.concatenate([bins for bins, _ in parts])
    order = bins.argsort(kind="stable")
    bins = bins[order]
    is_first = np.ones(len(bins), dtype=np.bool_)
    np.not_equal(bins[1:], bins[:-1], out=is_first[1:])
    firsts = is_first.nonzero()[0]
    return bins[firsts], np.add.reduceat(np.concatenate([counts for _, counts in parts])[order], firsts)
