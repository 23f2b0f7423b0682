"""Mergeable summaries of fields: what the data plane tells monitoring instead of every event.

Whatever the batches in which values came, and in whatever order profiles are merged, the result is the same to the bit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from services.contracts.binning import Binning, Floats, binning_of, finite
from services.contracts.moments import Moments

MAX_CATEGORIES = 200
MAX_NAME = 64
"""Bytes of a category's name: profiles of many fields must fit into a record."""
REST = ""
"""Under this name are counted the empty category, those with long names, and those seen after the first 200."""


@dataclass(slots=True)
class FieldProfile:
    """Summary of one field: a number, or a category. Write: `update_*`; read: attributes, `mean`, `m2`, `merge`.

    moments.count is of numbers; `count` is of numbers and categories. bins: bin to count, see Binning.
    """

    name: str
    missing: int = 0
    moments: Moments = field(default_factory=Moments)
    minimum: float | None = None
    maximum: float | None = None
    bins: dict[int, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)

    @property
    def binning(self) -> Binning:
        return binning_of(self.name)

    @property
    def count(self) -> int:
        """Values present."""
        return self.moments.count + sum(self.categories.values())

    @property
    def mean(self) -> float:
        """Mean of the numbers; 0 without any."""
        return self.moments.mean

    @property
    def m2(self) -> float:
        """Sum of squared deviations of the numbers from their mean."""
        return self.moments.m2

    def update_numbers(self, values: npt.NDArray[Any]) -> None:
        """Take in numbers (one dimension): NaN is missing, an infinite one counts as the greatest finite number."""
        present = finite(values)
        self.missing += len(values) - len(present)
        if not len(present):
            return
        self._stretch(float(present.min()), float(present.max()))
        self.moments.update(present)
        self._count_bins(present)

    def _count_bins(self, present: Floats) -> None:
        found = self.binning.bin_of(present)
        lowest = int(found.min())
        counts = np.bincount(found - lowest)
        occupied = np.flatnonzero(counts)
        for bin_, count in zip((occupied + lowest).tolist(), counts[occupied].tolist(), strict=True):
            self.bins[bin_] = self.bins.get(bin_, 0) + count

    def update_categories(self, values: Sequence[str | None]) -> None:
        """Take in categories: None is missing; long ones, and new ones after 200, are counted under the empty name."""
        for value, count in Counter(values).items():
            if value is None:
                self.missing += count
                continue
            name = value if value in self.categories or self._takes(value) else REST
            self.categories[name] = self.categories.get(name, 0) + count

    def _takes(self, name: str) -> bool:
        has_room = len(self.categories) - (REST in self.categories) < MAX_CATEGORIES
        return has_room and len(name.encode()) <= MAX_NAME

    def merge(self, other: Self) -> None:
        """Take in all values of `other`, for instance of another partition."""
        self.missing += other.missing
        self.moments.merge(other.moments)
        if other.minimum is not None and other.maximum is not None:
            self._stretch(other.minimum, other.maximum)
        for bin_, count in other.bins.items():
            self.bins[bin_] = self.bins.get(bin_, 0) + count
        for name, count in other.categories.items():
            self.categories[name] = self.categories.get(name, 0) + count

    def _stretch(self, low: float, high: float) -> None:
        # adding 0.0 makes one zero of two: which of them came first must not show
        self.minimum = (low if self.minimum is None else min(self.minimum, low)) + 0.0
        self.maximum = (high if self.maximum is None else max(self.maximum, high)) + 0.0

    def copy(self) -> Self:
        """An equal profile that changes on its own."""
        return type(self).from_plain(self.to_plain())

    def to_record(self) -> dict[str, Any]:
        """The `FieldProfile` of ProfileClosed.avsc."""
        bins = sorted(self.bins)
        return {
            "name": self.name,
            "count": self.count,
            "missing": self.missing,
            "mean": self.mean,
            "m2": self.m2,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "bins": bins,
            "bin_counts": [self.bins[bin_] for bin_ in bins],
            "categories": dict(self.categories),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The profile of which `to_record` gave `record`."""
        categories = dict(record["categories"])
        numbers = record["count"] - sum(categories.values())
        return cls(
            name=record["name"],
            missing=record["missing"],
            moments=Moments.of(numbers, record["mean"], record["m2"]),
            minimum=record["minimum"],
            maximum=record["maximum"],
            bins=dict(zip(record["bins"], record["bin_counts"], strict=True)),
            categories=categories,
        )

    def to_plain(self) -> list[Any]:
        """Everything, unrounded, as plain values for a snapshot (whole numbers of any size as bytes)."""
        exact = [self.moments.count, _to_bytes(self.moments.total), _to_bytes(self.moments.squares)]
        bins = list(chain.from_iterable(sorted(self.bins.items())))  # equal profiles give equal bytes
        names, counts = list(self.categories), list(self.categories.values())
        return [self.name, self.missing, exact, self.minimum, self.maximum, bins, names, counts]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> Self:
        """The profile of which `to_plain` gave `plain`."""
        name, missing, (count, total, squares), minimum, maximum, bins, names, counts = plain
        moments = Moments(count, _from_bytes(total), _from_bytes(squares))
        categories = dict(zip(names, counts, strict=True))
        return cls(name, missing, moments, minimum, maximum, dict(zip(bins[::2], bins[1::2], strict=True)), categories)


def blank_profile(stream: str, start: int, end: int, partition: int) -> dict[str, Any]:
    """A `driftmill.ProfileClosed` of a window without anything in it. start, end: microseconds."""
    return {
        "stream": stream,
        "window_start": start,
        "window_end": end,
        "version": "",
        "slice": "",
        "partition": partition,
        "up_to_seq": -1,
        "rows": 0,
        "positives": 0,
        "correct": 0,
        "censored": 0,
        "fields": [],
        "errors": [],
        "closed_at": 0,
        "decided": 0,
        "promised": 0.0,
        "saturated": 0,
        "beside": 0,
        "cost": None,
        "reliability": [],
        "pairs": [],
        "refused": [],
        "closed_by_source": False,
        "skew": [],
        "sampled": 1.0,
    }


def profile_key(closed: Mapping[str, Any]) -> str:
    """The key of a ProfileClosed record: a later record of the same key replaces an earlier one."""
    start, version, slice_ = closed["window_start"], closed["version"], closed["slice"]
    return f"{closed['stream']}/{start}/{version}/{slice_}/{closed['partition']}"


def _to_bytes(whole: int) -> bytes:
    return whole.to_bytes(whole.bit_length() // 8 + 1, "little", signed=True)


def _from_bytes(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)
