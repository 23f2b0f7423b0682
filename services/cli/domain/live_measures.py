"""What every version's answers were worth by window and slice, and what is to be expected of those not known yet."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from services.contracts.baseline import BASELINE
from services.contracts.disparity import RATES, apart
from services.contracts.histogram import Histogram
from services.contracts.pipeline.evaluate import MIN_POSITIVES
from services.contracts.pipeline.learning_task import LearningTask
from services.contracts.pipeline.metric import Disparity
from services.contracts.pipeline.model import Cost
from services.contracts.profile import profile_key
from services.contracts.promise import Losses, Promise, summed
from services.contracts.release_name import ReleaseName
from services.contracts.tally import NONE, SHARES, Part, Tally, Value, measured, ratio, share, total

Profile = Mapping[str, Any]
View = dict[str, Any]
_STREAMS = ("scores", "quality")


@dataclass(slots=True)
class _Window:
    """The newest profiles of a window, of all partitions."""

    scores: list[Profile] = field(default_factory=list)
    quality: list[Profile] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return sum(int(one["rows"]) for one in self.scores)

    @property
    def has_matured(self) -> bool:
        return {one["partition"] for one in self.scores} <= {one["partition"] for one in self.quality}

    def realised(self) -> Tally:
        return total(map(Tally.realised, self.quality))

    def cost(self) -> Part | None:
        costs = [one["cost"] for one in self.quality if one["rows"]]
        return None if None in costs else (float(sum(costs)), float(self.realised().rows))


@dataclass(frozen=True, slots=True)
class Expecting:
    """What is needed to expect something of scores. losses: of a number, by the version of the model. cost: of wrong
    decisions. fair: fields whose values are groups of people."""

    task: LearningTask
    losses: Mapping[str, Losses]
    cost: Cost | None
    fair: Sequence[str] = ()

    def tally(self, version: str, window: _Window) -> Tally:
        """Nothing of a baseline, whose scores may be a rule's, nor where nothing is known."""
        model = ReleaseName.of(version).model
        if model == BASELINE:
            return NONE
        if self.task.classifies:
            return summed(map(Promise.of, window.scores)).tally(self.task)
        fields = (one for profile in window.scores for one in profile["fields"] if one["name"] == self.task.profiled)
        losses = self.losses.get(model)
        return NONE if losses is None else losses.tally(Histogram.merged(map(Histogram.from_record, fields)))

    def price(self, its: Tally) -> float | None:
        """What decisions are expected to cost; None where that follows from features."""
        cost = self.cost
        if cost is None or isinstance(cost.missed, str) or isinstance(cost.false_alarm, str):
            return None
        return (its.positives - its.hits) * cost.missed + its.false_alarms * cost.false_alarm


def live_measures(profiles: Iterable[Profile], expecting: Expecting, by_slice: bool = False) -> list[View]:
    """A row a version, slice (empty: all) and measure: realised over all windows whose labels have matured, with a 95 %
    interval by windows; rows judged, and the share of the events that are in such windows; estimated, over the windows
    that are not; error: by how much the estimate of those that have matured was above what was realised. Of slices,
    where a class is positive, also how far groups of people lie apart.

    A later profile replaces an earlier one.
    """
    newest = {profile_key(one): one for one in profiles if one["stream"] in _STREAMS and one["version"]}
    held: dict[tuple[str, str], dict[int, _Window]] = defaultdict(lambda: defaultdict(_Window))
    for one in newest.values():
        if by_slice or not one["slice"]:
            window = held[one["version"], one["slice"]][one["window_start"]]
            (window.scores if one["stream"] == "scores" else window.quality).append(one)
    rows = [row for key, windows in sorted(held.items()) for row in _rows(*key, [*windows.values()], expecting)]
    versions = sorted({version for version, _ in held}) if expecting.task.has_classes else []
    return rows + [row for version in versions for field in expecting.fair for row in _apart(version, field, held)]


def _rows(version: str, group: str, windows: Sequence[_Window], expecting: Expecting) -> Iterable[View]:
    matured = [window for window in windows if window.scores and window.has_matured]
    open_ones = [window for window in windows if not window.has_matured]
    known = [window.realised() for window in windows if window.quality]
    asked = sum(window.asked for window in windows)
    common = {
        "judged": round(sum(its.rows for its in known)),
        "matured": sum(window.asked for window in matured) / asked if asked else None,
    }
    expected = [expecting.tally(version, window) for window in matured]
    coming = [expecting.tally(version, window) for window in open_ones]
    true = [window.realised() for window in matured]
    if group and expecting.task.has_classes:
        for metric in ("false_positive_rate", "positive_rate"):
            yield measure_row(version, group, metric, share([RATES[metric](its) for its in known]), common, None, None)
    for metric in SHARES[expecting.task.kind]:
        of = _measure(expecting.task.kind, metric)
        estimable = metric not in ("rmse", "coverage")
        estimates = (of(coming), _less(of(expected), of(true))) if estimable else (None, None)
        yield measure_row(version, group, metric, of(known), common, *estimates)
    if expecting.cost is not None:
        parts = [window.cost() for window in windows if window.quality]
        realised = ratio([part for part in parts if part is not None]) if None not in parts else None
        past = ratio([part for window in matured if (part := window.cost()) is not None])
        error = _less(_priced(expected, expecting), past)
        yield measure_row(version, group, "cost", realised, common, _priced(coming, expecting), error)


def _apart(version: str, name: str, held: Mapping[tuple[str, str], Mapping[int, _Window]]) -> Iterable[View]:
    """How far the values of a field lie apart, where two of them have enough rows of either class."""
    its = {
        group: windows for (whose, group), windows in held.items() if whose == version and group.startswith(f"{name}=")
    }
    starts = sorted({start for windows in its.values() for start, one in windows.items() if one.quality})
    nothing = _Window()
    groups = {group: [windows.get(start, nothing).realised() for start in starts] for group, windows in its.items()}
    for metric in get_args(Disparity):
        if (found := apart(metric, groups, MIN_POSITIVES)) is not None:
            common = {"judged": round(sum(total(some).rows for some in groups.values())), "matured": None}
            value = Value(found.value, found.low, found.high)
            yield measure_row(version, f"between {name}", metric, value, common, None, None)


def _measure(kind: str, metric: str) -> Callable[[Sequence[Tally]], Value | None]:
    return lambda tallies: measured(kind, metric, tallies)


def _priced(tallies: Sequence[Tally], expecting: Expecting) -> Value | None:
    prices = [(expecting.price(its), its.rows) for its in tallies]
    return ratio([(price, rows) for price, rows in prices if price is not None])


def _less(first: Value | None, second: Value | None) -> Value | None:
    return None if first is None or second is None else Value(first.value - second.value, None, None)


def measure_row(
    version: str,
    group: str,
    metric: str,
    realised: Value | None,
    common: View,
    estimated: Value | None,
    error: Value | None,
) -> View:
    """A row of `live_measures`. common: `judged` and `matured`."""
    return {
        "version": version,
        "slice": group or "all",
        "metric": metric,
        "realised": realised and realised.value,
        "low": realised and realised.low,
        "high": realised and realised.high,
        **common,
        "estimated": estimated and estimated.value,
        "error": error and error.value,
    }
