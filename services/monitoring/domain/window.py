"""Whole windows put together from the profiles of single partitions, in an order that arrival doesn't change."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from services.contracts.histogram import Histogram
from services.contracts.promise import NOTHING, Promise, summed
from services.contracts.rank_correlation import RankCorrelation
from services.contracts.release_name import ReleaseName
from services.contracts.tally import Tally, total

Profile = Mapping[str, Any]
"""A decoded `driftmill.ProfileClosed`."""


class Run(NamedTuple):
    """Errors of consecutive outcomes; as ErrorSum in ProfileClosed.avsc."""

    from_time: int
    to_time: int
    rows: int
    total: float
    wrong: int
    positives: int
    missed: int
    positive_total: float
    heaviest: int = 1
    absolute: float = 0.0
    intervals: int = 0
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """One window of one stream and version, over all partitions. version: of the model, whatever its policy; a window
    in which the policy changed is two, each with its part. clock: the pipeline's when the last of them closed it.

    fields: histograms of inputs, features or scores. runs: errors in the order of events. promise: of scores, what
    they say of decisions. groups: of quality, of each `field=value`. saturated: scores of exactly 0 or 1. refused: of
    inputs, events that were, by field and rule, which are not among the rows. closed_by_source: that it has few events
    says nothing, see ProfileClosed.avsc. correlation: of features, how numbers go together.
    """

    stream: str
    version: str
    start: int
    end: int
    clock: int
    rows: int
    fields: Mapping[str, Histogram]
    runs: Sequence[Run]
    promise: Promise = NOTHING
    groups: Mapping[str, Tally] = field(default_factory=dict)
    saturated: int = 0
    refused: Mapping[tuple[str, str], int] = field(default_factory=dict)
    closed_by_source: bool = False
    correlation: RankCorrelation | None = None

    @property
    def events(self) -> int:
        """All that came, accepted or refused."""
        return self.rows + sum(self.refused.values())


def heaviest(runs: Sequence[Run]) -> int:
    """As how many outcomes one of them counts at most: so many times as many make as sure."""
    return max((run.heaviest for run in runs), default=1)


@dataclass(slots=True)
class Assembler:
    """Collects the profiles of one stream.

    A window of a version is whole when each partition has reported it or can't any more: it has reported a later
    window, or an empty one at least as late. Of two reports of the same window the one with the greater `up_to_seq`
    counts; one that comes after a later window restates what was judged already and is left out. So the windows of a
    version come out in their order, each the same, however the partitions' reports interleave.
    """

    partitions: int
    reached: dict[int, int] = field(default_factory=dict)
    emptied: dict[int, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    parts: dict[tuple[int, str], dict[int, Profile]] = field(default_factory=dict)
    slices: dict[tuple[int, str], dict[tuple[int, str], Profile]] = field(default_factory=dict)

    def update(self, profile: Profile) -> list[Window]:
        """Take in a profile; returns the windows that are whole by it, in order."""
        partition, end, version = profile["partition"], profile["window_end"], profile["version"]
        if end < self.reached.get(partition, end):
            return []
        self.reached[partition] = end
        silent = profile["rows"] == 0 and version == ""
        if silent:
            self.emptied[partition] = end
        if end > self.done.get(version, -1) and not (silent and profile["stream"] != "inputs"):
            self._hold(profile)
        return self._whole()

    def _hold(self, profile: Profile) -> None:
        """Slices of a window come before its whole."""
        partition, key = profile["partition"], (profile["window_end"], profile["version"])
        if profile["slice"]:
            self.slices.setdefault(key, {})[partition, profile["slice"]] = profile
            return
        held = self.parts.setdefault(key, {})
        if partition not in held or held[partition]["up_to_seq"] <= profile["up_to_seq"]:
            held[partition] = profile

    def _whole(self) -> list[Window]:
        windows, blocked = [], set()
        for end, version in sorted(self.parts):
            if version in blocked or not self._is_whole(end, version):
                blocked.add(version)
                continue
            parts = self.parts.pop((end, version))
            self.done[version] = end
            groups = self.slices.pop((end, version), {})
            slices = [groups[one] for one in sorted(groups)]
            windows.append(_merged([parts[number] for number in sorted(parts)], slices))
        return windows

    def _is_whole(self, end: int, version: str) -> bool:
        parts = self.parts[end, version]
        return all(
            number in parts or self.reached.get(number, -1) > end or self.emptied.get(number, -1) >= end
            for number in range(self.partitions)
        )


def _merged(parts: Sequence[Profile], slices: Sequence[Profile]) -> Window:
    first = parts[0]
    by_name: dict[str, list[Histogram]] = {}
    for part in parts:
        for record in part["fields"]:
            by_name.setdefault(record["name"], []).append(Histogram.from_record(record))
    runs = sorted(run_of(record) for part in parts for record in part["errors"])
    return Window(
        stream=first["stream"],
        version=ReleaseName.of(first["version"]).model,
        start=first["window_start"],
        end=first["window_end"],
        clock=max(part["closed_at"] or part["window_end"] for part in parts),
        rows=sum(part["rows"] for part in parts),
        fields={name: Histogram.merged(by_name[name]) for name in sorted(by_name)},
        runs=runs,
        saturated=sum(part["saturated"] for part in parts) if first["stream"] == "scores" else 0,
        promise=summed(map(Promise.of, parts)) if first["stream"] == "scores" else NOTHING,
        groups=_together((part["slice"], Tally.realised(part)) for part in slices if first["stream"] == "quality"),
        refused=_summed(
            {(one["field"], one["rule"]): one["rows"] for one in part.get("refused", ())} for part in parts
        ),
        closed_by_source=any(part.get("closed_by_source", False) for part in parts),
        correlation=_correlated(
            [RankCorrelation.from_record(one) for part in parts if (one := part.get("correlation"))]
        ),
    )


def _together(groups: Iterable[tuple[str, Tally]]) -> dict[str, Tally]:
    found: dict[str, list[Tally]] = {}
    for name, its in groups:
        found.setdefault(name, []).append(its)
    return {name: total(its) for name, its in sorted(found.items())}


def _summed(refused: Iterable[Mapping[tuple[str, str], int]]) -> dict[tuple[str, str], int]:
    total: Counter[tuple[str, str]] = Counter()
    for one in refused:
        total.update(one)
    return dict(sorted(total.items()))


def _correlated(parts: Sequence[RankCorrelation]) -> RankCorrelation | None:
    return RankCorrelation.merged(parts) if parts else None


def run_of(record: Mapping[str, Any]) -> Run:
    """The run of an ErrorSum."""
    return Run(**{name: record[name] for name in Run._fields if name in record})


class _Merging(Mapping[str, Histogram]):
    """The fields of several windows, each merged once it is asked for: most tests look at few."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._parts = [window.fields for window in windows]
        self._names = sorted({name for fields in self._parts for name in fields})
        self._merged: dict[str, Histogram] = {}

    def __getitem__(self, name: str) -> Histogram:
        if name not in self._merged:
            found = [fields[name] for fields in self._parts if name in fields]
            if not found:
                raise KeyError(name)
            self._merged[name] = Histogram.merged(found)
        return self._merged[name]

    def __contains__(self, name: object) -> bool:
        return any(name in fields for fields in self._parts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def pooled(windows: Sequence[Window]) -> Window:
    """Consecutive windows of a version as one."""
    first, last = windows[0], windows[-1]
    return Window(
        stream=first.stream,
        version=first.version,
        start=first.start,
        end=last.end,
        clock=max(window.clock for window in windows),
        rows=sum(window.rows for window in windows),
        fields=_Merging(windows),
        runs=[run for window in windows for run in window.runs],
        saturated=sum(window.saturated for window in windows),
        promise=summed(window.promise for window in windows),
        groups=_together(group for window in windows for group in window.groups.items()),
        refused=_summed(window.refused for window in windows),
        closed_by_source=any(window.closed_by_source for window in windows),
        correlation=_correlated([window.correlation for window in windows if window.correlation]),
    )


def complete(windows: Sequence[Window], most: int) -> list[Window]:
    """With those of which nothing was told, since nothing came; before each at most the last so many of them."""
    whole: list[Window] = []
    for window in windows:
        length = window.end - window.start
        first = max(whole[-1].end, window.start - most * length) if whole else window.start
        whole += [
            replace(window, start=start, end=start + length, rows=0, fields={}, runs=(), refused={})
            for start in range(first, window.start, length)
        ]
        whole.append(window)
    return whole


AMPLE = 3
"""Times as many rows as are enough: more would tell little more, so that short windows don't wait for them."""


def needed(enough: int, windows: int, day: int) -> int:
    """Rows that so many windows must hold to be compared. day: windows of one."""
    return enough if windows >= day else AMPLE * enough


@dataclass(slots=True)
class Pool:
    """Puts windows together until they hold enough rows to be compared, at most `most` of them; as long as they are
    fewer than `day`, those of a day, until they hold ample rows. refused: whether refused events count, too.
    """

    enough: int
    most: int
    day: int = 1
    waiting: list[Window] = field(default_factory=list)
    refused: bool = False

    def update(self, window: Window) -> Window | None:
        """Take in the next window; returns the pooled one if it is large enough."""
        self.waiting.append(window)
        rows = sum(held.events if self.refused else held.rows for held in self.waiting)
        if rows < needed(self.enough, len(self.waiting), self.day) and not (rows and len(self.waiting) >= self.most):
            return None
        whole = pooled(self.waiting) if len(self.waiting) > 1 else window
        self.waiting = []
        return whole
