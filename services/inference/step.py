"""The inference step: one answer to each feature vector."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.chassis.step import Waiting, take_all
from services.contracts.entries import Changes, Entries
from services.contracts.pipeline import Pipeline
from services.contracts.record import Failure, Output, Record, Result, Value
from services.inference.domain.vectors import Vectors
from services.kernel.vector import WIDTH, unpack


class Scorer(Protocol):
    """A model that can answer, or the baseline."""

    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def threshold(self) -> float: ...

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """Scores [rows]. Raises any error for rows that it can't score."""
        ...


@dataclass(slots=True)
class Active:
    """Which model last answered in a partition: its digest, None before the first answer of this process."""

    digest: str | None = None

    def apply(self, staged: str | None) -> None:
        """Another model answers from now on; None while none has answered yet."""
        self.digest = staged

    def changes(self) -> Changes:
        """Nothing is kept across processes: a new one names its model again."""
        return {}


class InferenceStep:
    """Answers by the scorer that is current when a batch begins. `current` is read once a batch."""

    inputs: tuple[str, ...] = ("features",)
    log: tuple[str, ...] = ()
    digest = "inference-1"

    def __init__(self, pipeline: Pipeline, current: Callable[[], Scorer]) -> None:
        self._numbers = pipeline.resolved.numbers
        self._categories = pipeline.resolved.categories
        self._feature_set = pipeline.resolved.feature_set
        self._current = current

    def new_state(self, partition: int) -> Active:
        return Active()

    def load_state(self, partition: int, entries: Entries) -> Active:
        return Active()

    def take(self, state: Active, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        return take_all(waiting, limit)

    def fold(self, state: Active, batch: Sequence[Record]) -> None:
        """No state follows from the log."""

    def idle(self, state: Active, now: int) -> None:
        return None

    def process(self, state: Active, batch: Sequence[Record]) -> Result[str | None]:
        if not batch:
            return Result(state.digest)
        scorer = self._current()
        scores, failures = self._scores(scorer, batch)
        outputs: list[Output] = []
        if scorer.digest != state.digest:
            outputs.append(_activation(scorer, batch[0]))
        decisions = scores >= scorer.threshold
        answered = np.isfinite(scores).tolist()
        outputs += map(_answer, batch, answered, scores.tolist(), decisions.tolist(), repeat(scorer.version))
        return Result(scorer.digest, outputs, failures)

    def _scores(self, scorer: Scorer, batch: Sequence[Record]) -> tuple[NDArray[np.float64], list[Failure]]:
        """Scores [rows], NaN where there is none, and why there is none for rows that should have one."""
        scores = np.full(len(batch), np.nan)
        wrong = {i: problem for i, record in enumerate(batch) if (problem := self._problem(record.value))}
        failures = [Failure(batch[i], "failed", problem) for i, problem in wrong.items()]
        usable = [i for i, record in enumerate(batch) if i not in wrong and record.value["error"] is None]
        if usable:
            chosen = [batch[i] for i in usable]
            found, failed = _score_all(scorer, self._vectors(chosen), chosen)
            scores[usable] = found
            failures += failed
        return scores, failures

    def _problem(self, value: Value) -> str:
        """Why a vector that is said to be right isn't one of this feature set; empty if it is."""
        if value["error"] is not None:
            return ""
        if value["feature_set"] != self._feature_set:
            return f"features of set {value['feature_set']}, expected {self._feature_set}"
        found = (len(value["numbers"]) / WIDTH, len(value["categories"]))
        expected = (len(self._numbers), len(self._categories))
        if found != expected:
            return f"{found[0]:g} numbers and {found[1]} categories, expected {expected[0]} and {expected[1]}"
        return ""

    def _vectors(self, records: Sequence[Record]) -> Vectors:
        numbers = unpack([record.value["numbers"] for record in records], len(self._numbers))
        return Vectors(self._numbers, self._categories, numbers, [record.value["categories"] for record in records])


def _score_all(
    scorer: Scorer, vectors: Vectors, records: Sequence[Record]
) -> tuple[NDArray[np.float64], list[Failure]]:
    try:
        scores = scorer.scores(vectors)
    except Exception:
        return _score_each(scorer, vectors, records)
    return scores, _without_score(scores, records)


def _score_each(
    scorer: Scorer, vectors: Vectors, records: Sequence[Record]
) -> tuple[NDArray[np.float64], list[Failure]]:
    """One row at a time, so that a row that can't be scored fails alone."""
    scores, failures = np.full(len(records), np.nan), []
    for i, record in enumerate(records):
        row = np.array([i])
        try:
            scores[i] = scorer.scores(vectors.rows(row))[0]
        except Exception as error:
            failures.append(Failure(record, "failed", f"{scorer.version}: {type(error).__name__}: {error}"))
            continue
        failures += _without_score(scores[row], [record])
    return scores, failures


def _without_score(scores: Iterable[float], records: Sequence[Record]) -> list[Failure]:
    return [
        Failure(record, "failed", f"score is {score}, expected a finite number")
        for score, record in zip(scores, records, strict=True)
        if not np.isfinite(score)
    ]


def _answer(record: Record, ok: bool, score: float, decision: bool, model: str) -> Output:
    value = record.value
    answer = {
        "seq": value["seq"],
        "event_id": value["event_id"],
        "event_time": value["event_time"],
        "status": "ok" if ok else "failed",
        "score": score if ok else None,
        "label": decision if ok else None,
        "model": model,
        "feature_set": value["feature_set"],
        "numbers": value["numbers"],
        "categories": value["categories"],
    }
    return Output("predictions", record.key, "driftmill.Prediction", answer, record.partition, record)


def _activation(scorer: Scorer, first: Record) -> Output:
    value = {"from_seq": first.value["seq"], "model": scorer.version, "model_digest": scorer.digest}
    return Output("predictions", first.key, "driftmill.ModelActivated", value, first.partition)
