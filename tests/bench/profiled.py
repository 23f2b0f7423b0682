"""Windows of events as the profiles that validation and outcomes write of them, in the order in which they come."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.contracts.pipeline.record_schema import defaults_of
from services.contracts.profile import FieldProfile
from services.contracts.rank_correlation import RankCorrelation
from services.contracts.schemas import own_schema
from services.outcomes.domain.spread import spread
from services.outcomes.domain.vectors import sample_of
from tests.bench.drifting import Step

PARTITIONS = 2
RUN = 32
"""Outcomes in an ErrorSum."""
FIRST = 20_000 * 86_400_000_000
VERSION = "v1"

Profile = dict[str, Any]
_UNSAID = defaults_of(own_schema("driftmill.ProfileClosed"))


@dataclass(frozen=True)
class Told:
    """Profiles that come together, at the end of a step."""

    step: int
    profiles: list[Profile]


def told(steps: Iterable[Step], window: int, maturity: int, champion_from: int) -> Iterator[Told]:
    """The profiles of a stream. window: microseconds. maturity: windows. champion_from: step from which v1 answers."""
    waiting: list[list[Profile]] = []
    for number, step in enumerate(steps):
        version = VERSION if number >= champion_from else "baseline"
        parts = [np.arange(len(step.places)) % PARTITIONS == partition for partition in range(PARTITIONS)]
        span = (FIRST + number * window, FIRST + (number + 1) * window)
        now = [_inputs(step, part, span, partition) for partition, part in enumerate(parts)]
        now += [_features(step, part, span, partition) for partition, part in enumerate(parts)]
        now += [_scores(step, part, span, partition, version) for partition, part in enumerate(parts)]
        waiting.append([_quality(step, part, span, partition, version) for partition, part in enumerate(parts)])
        ripe = waiting[number - maturity] if number >= maturity else []
        yield Told(number, now + [profile | {"closed_at": span[1]} for profile in ripe])


def _inputs(step: Step, part: Any, span: tuple[int, int], partition: int) -> Profile:
    fields = [_numbers(name, values[part]) for name, values in step.numbers.items()]
    for name, words in step.categories.items():
        found = FieldProfile(name)
        found.update_categories(words[partition::PARTITIONS])
        fields.append(found.to_record())
    return _profile("inputs", span, "", partition, int(part.sum()), fields=fields)


def _features(step: Step, part: Any, span: tuple[int, int], partition: int) -> Profile:
    rows = np.flatnonzero(part)
    chosen = rows[spread(np.arange(len(rows)), sample_of(len(rows)))]
    columns = {name: values[chosen] for name, values in (step.numbers | step.features).items()}
    correlation = RankCorrelation.of(tuple(columns), np.stack(list(columns.values()), axis=1)).to_record()
    fields = [_numbers(name, columns[name]) for name in step.features]
    return _profile("features", span, "f1", partition, len(chosen), fields=fields, correlation=correlation)


def _scores(step: Step, part: Any, span: tuple[int, int], partition: int, version: str) -> Profile:
    score = step.score[part]
    decided, sure = score >= 0.5, (score == 0.0) | (score == 1.0)
    said = {"decided": int(decided.sum()), "promised": float(score[decided].sum()), "saturated": int(sure.sum())}
    return _profile("scores", span, version, partition, len(score), fields=[_numbers("score", score)], **said)


def _quality(step: Step, part: Any, span: tuple[int, int], partition: int, version: str) -> Profile:
    score, positive = step.score[part], step.positive[part]
    times = (span[0] + step.places[part] * (span[1] - span[0] - 1)).astype(np.int64)
    return _profile("quality", span, version, partition, len(score), errors=errors_of(times, score, positive))


def errors_of(times: Any, score: Any, positive: Any) -> list[Profile]:
    """The ErrorSums of outcomes in the order of events; 0.5 decides."""
    if not len(times):
        return []
    firsts = np.arange(0, len(times), RUN)
    squared, wrong = (score - positive) ** 2, (score >= 0.5) != positive
    columns: Mapping[str, Any] = {
        "total": np.add.reduceat(squared, firsts),
        "wrong": np.add.reduceat(wrong.astype(np.int64), firsts),
        "positives": np.add.reduceat(positive.astype(np.int64), firsts),
        "missed": np.add.reduceat((wrong & positive).astype(np.int64), firsts),
        "positive_total": np.add.reduceat(np.where(positive, squared, 0.0), firsts),
        "rows": np.diff(np.append(firsts, len(times))),
        "from_time": times[firsts],
        "to_time": times[np.minimum(firsts + RUN, len(times)) - 1],
    }
    plain = {name: values.tolist() for name, values in columns.items()}
    return [{name: values[place] for name, values in plain.items()} for place in range(len(firsts))]


def _numbers(name: str, values: Any) -> Profile:
    found = FieldProfile(name)
    found.update_numbers(values)
    return found.to_record()


def _profile(stream: str, span: tuple[int, int], version: str, partition: int, rows: int, **more: Any) -> Profile:
    about = {"stream": stream, "window_start": span[0], "window_end": span[1], "version": version, "slice": ""}
    counts = {"partition": partition, "up_to_seq": span[1] // 1000, "rows": rows, "positives": 0, "correct": 0}
    return _UNSAID | about | counts | {"fields": [], "errors": [], "closed_at": span[1]} | more
