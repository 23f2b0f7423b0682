"""Profiles of an invented stream: stationary, or changed from a day on. Deterministic for a seed."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from services.contracts.profile import FieldProfile
from services.contracts.rank_correlation import RankCorrelation
from services.monitoring.domain.alert import Fact
from services.monitoring.domain.policy import DAY, Policy
from services.monitoring.domain.reference import Model
from services.monitoring.domain.watch import Watch

FIRST = 20_000
"""Day since 1970 on which the stories begin."""
MATURITY = 3
"""Days until outcomes are known."""

Profile = dict[str, Any]


def policy(name: str = "story", partitions: int = 2) -> Policy:
    """Daily windows, one false alarm a week over two fields, a feature, how it goes with one, score and measures."""
    return Policy(name, DAY, partitions, fields=2, reach={"sent": DAY}, numbers=2)


def model(version: str = "m1", day: int = 16, sequence: int = 1, trained: tuple[int, int] = (0, 13)) -> Model:
    """A champion published at the end of a day."""
    start, end = trained
    return Model(version, sequence, at(day + 1), at(start), at(end))


def at(day: int) -> int:
    """Start of a day of the story, in microseconds."""
    return (FIRST + day) * DAY


def profile(stream: str, day: int, version: str, partition: int, rows: int, **more: Any) -> Profile:
    """A `driftmill.ProfileClosed`."""
    return {
        "stream": stream,
        "window_start": at(day),
        "window_end": at(day + 1),
        "version": version,
        "slice": "",
        "partition": partition,
        "up_to_seq": day * 1000 + rows,
        "rows": rows,
        "positives": 0,
        "correct": 0,
        "fields": [],
        "errors": [],
        "decided": 0,
        "promised": 0.0,
        "saturated": 0,
        "beside": 0,
        "closed_at": at(day + 1),
    } | more


def numbers(name: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Profile:
    """A FieldProfile of numbers."""
    summary = FieldProfile(name)
    summary.update_numbers(values)
    return summary.to_record()


def words(name: str, values: Sequence[str | None]) -> Profile:
    """A FieldProfile of categories."""
    summary = FieldProfile(name)
    summary.update_categories(values)
    return summary.to_record()


def errors(rng: np.random.Generator, day: int, rows: int, recall: float) -> list[Profile]:
    """ErrorSums of a model that finds so many of 5 % positives and wrongly accuses 1 % of the others."""
    times = np.sort(rng.integers(at(day), at(day + 1), rows))
    positive = rng.random(rows) < 0.05
    decided = np.where(positive, rng.random(rows) < recall, rng.random(rows) < 0.01)
    score = np.clip(np.where(decided, 0.8, 0.1) + rng.normal(0, 0.05, rows), 0, 1)
    squared = (score - positive) ** 2
    wrong = decided != positive
    sums = []
    for first in range(0, rows, 32):
        part = slice(first, first + 32)
        sums.append(
            {
                "from_time": int(times[part][0]),
                "to_time": int(times[part][-1]),
                "rows": len(times[part]),
                "total": float(squared[part].sum()),
                "wrong": int(wrong[part].sum()),
                "positives": int(positive[part].sum()),
                "missed": int((wrong & positive)[part].sum()),
                "positive_total": float(squared[part][positive[part]].sum()),
                "heaviest": 1,
            }
        )
    return sums


@cache
def story(
    days: int,
    *,
    inputs_change: int = 1000,
    recall_change: int = 1000,
    feature_change: int = 1000,
    together_change: int = 1000,
    published: int = 16,
    seed: int = 0,
) -> Sequence[Sequence[Profile]]:
    """Profiles by the day at whose end they come, two partitions. From `published` on the version is m1.

    From `feature_change` on the feature `sent` is greater, from `together_change` on it is great where `amount` is,
    and small where that is, as often as ever. Told once and shared: nobody changes it.
    """
    rng, own = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    told: list[list[Profile]] = [[] for _ in range(days)]
    for day in range(days):
        version = "m1" if day > published else "baseline"
        for partition in (0, 1):
            rows = int(rng.integers(380, 420))
            moved = day >= inputs_change
            amounts = rng.lognormal(3.0 + moved * 1.0, 0.7, rows)
            kinds = rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]).tolist()
            fields = [numbers("amount", amounts), words("kind", kinds)]
            told[day].append(profile("inputs", day, "", partition, rows, fields=fields))
            with_amount = 0.7 if day >= together_change else 0.0
            size = (np.log(amounts) - 3.0 - moved) / 0.7
            sent = np.exp(with_amount * size + (1 - with_amount**2) ** 0.5 * own.normal(size=rows))
            sent *= 2.0 if day >= feature_change else 1.0
            correlation = RankCorrelation.of(("amount", "sent"), np.stack([amounts, sent], axis=1)).to_record()
            about = {"fields": [numbers("sent", sent)], "correlation": correlation}
            told[day].append(profile("features", day, "f1", partition, rows, **about))
            scores = np.zeros(rows) + 0.05 if version == "baseline" else rng.beta(1, 12, rows)
            told[day].append(profile("scores", day, version, partition, rows, fields=[numbers("score", scores)]))
            recall = 0.0 if version == "baseline" else 0.2 if day >= recall_change else 0.75
            sums = errors(rng, day, rows, recall)
            if day + MATURITY < days:
                known = profile("quality", day, version, partition, rows, errors=sums, closed_at=at(day + MATURITY + 1))
                told[day + MATURITY].append(known)
    # labels of an earlier day are judged once this day's events are told
    return [sorted(profiles, key=lambda one: one["stream"] == "quality") for profiles in told]


def watched(told: Sequence[Sequence[Profile]], *models: Model, name: str = "story") -> list[Fact]:
    """What the watch says to a story; each model comes at the end of its day."""
    watch = Watch(policy(name))
    facts: list[Fact] = []
    for day, profiles in enumerate(told):
        for one in profiles:
            facts += watch.update(one)
        for published in models:
            if published.clock == at(day + 1):
                facts += watch.adopt(published)
    return facts
