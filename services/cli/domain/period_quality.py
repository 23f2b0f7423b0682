"""How good answers were by the windows whose labels became known in a period, and how many are known by its end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.domain.live_measures import Expecting, live_measures
from services.cli.domain.period import Period
from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.pipeline.model import Cost
from services.contracts.profile import profile_key
from services.contracts.record import Record, Value
from services.contracts.tally import SHARES, Tally, measured, total

View = dict[str, Any]
Series = dict[str, list[tuple[int, float]]]
"""Points by version: end of the window in microseconds, and value."""

_NAMES = ("version", "slice", "metric", "realised", "low", "high", "judged")
_SCORES, _QUALITY = "scores", "quality"


@dataclass(frozen=True)
class PeriodQuality:
    """told: profiles as the newest record of each before the end of the period has them, the first record of which was
    appended in it. known: all that was told by its end. fair: fields whose values are groups of people."""

    told: Sequence[Value]
    known: Sequence[Value]
    task: LearningTask
    cost: Cost | None
    fair: Sequence[str]

    @classmethod
    def of(
        cls, profiles: Sequence[Record], period: Period, task: LearningTask, cost: Cost | None, fair: Sequence[str]
    ) -> "PeriodQuality":
        """profiles: all records of the topic, in order."""
        records = [one for one in period.by_its_end(profiles) if one.value["version"]]
        began: dict[tuple[Any, ...], int] = {}
        for one in records:
            began.setdefault(_window(one.value), one.timestamp)
        newest = {profile_key(one.value): one.value for one in records}
        told = [value for value in newest.values() if period.has(began[_window(value)])]
        return cls(told, list(newest.values()), task, cost, fair)

    def measures(self) -> list[View]:
        """A row a version and measure, of all answers."""
        return [row for row in self._rows() if row["slice"] == "all"]

    def groups(self) -> list[View]:
        """A row a version, group of people and measure, and how far groups lie apart."""
        names = tuple(f"{name}=" for name in self.fair)
        of_groups = (row for row in self._rows() if row["slice"].startswith(names))
        apart = {f"between {name}" for name in self.fair}
        return [*of_groups, *(row for row in self._rows() if row["slice"] in apart)] if names else []

    def matured(self) -> dict[str, float | None]:
        """By version, of the events it was asked about in windows that ended in the period, the share whose labels
        were known by the end of it."""
        asked = {(one["version"], one["window_start"]) for one in self.told if one["stream"] == _SCORES}
        some = [one for one in self.known if not one["slice"] and (one["version"], one["window_start"]) in asked]
        return {row["version"]: row["matured"] for row in live_measures(some, self._expecting)}

    def quality_over_time(self) -> tuple[str, Series]:
        """A measure by window, and its name: F1 of two classes, since accuracy hardly moves where positives are rare,
        else the first there is; an empty name where there is none."""
        names = list(SHARES[self.task.kind])
        metric = "f1" if "f1" in names else next(iter(names), "")
        series: Series = {}
        for (version, end), some in self._windows(_QUALITY) if metric else ():
            found = measured(self.task.kind, metric, [total(map(Tally.realised, some))])
            if found is not None:
                series.setdefault(version, []).append((end, found.value))
        return metric, series

    def decided_over_time(self) -> Series:
        """The share decided positive of what each version was asked, by window."""
        series: Series = {}
        for (version, end), some in self._windows(_SCORES):
            if rows := sum(one["rows"] for one in some):
                series.setdefault(version, []).append((end, sum(one["decided"] for one in some) / rows))
        return series

    @property
    def _expecting(self) -> Expecting:
        return Expecting(self.task, {}, self.cost, self.fair)

    def _rows(self) -> Iterator[View]:
        of_quality = [one for one in self.told if one["stream"] == _QUALITY]
        for row in live_measures(of_quality, self._expecting, by_slice=True):
            if row["realised"] is not None:
                yield {name: row[name] for name in _NAMES}

    def _windows(self, stream: str) -> list[tuple[tuple[str, int], list[Value]]]:
        """Profiles of all answers by version and end of the window, in the order of time."""
        found: dict[tuple[str, int], list[Value]] = {}
        for one in self.told:
            if one["stream"] == stream and not one["slice"]:
                found.setdefault((one["version"], one["window_end"]), []).append(one)
        return sorted(found.items(), key=lambda item: (item[0][1], item[0][0]))


def _window(value: Mapping[str, Any]) -> tuple[Any, ...]:
    return value["stream"], value["version"], value["slice"], value["window_start"]
