"""The inference step: one answer to each feature vector."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from services.chassis.rows import Columns
from services.chassis.step import Waiting, take_all
from services.contracts.entries import Entries
from services.contracts.numbers import finite
from services.contracts.pipeline import Layout, Pipeline
from services.contracts.pipeline.label import LABEL_KEY
from services.contracts.record import Extended, Failure, Output, Record, Result, many
from services.inference.domain import classes
from services.inference.domain.active import Active, Answering
from services.inference.domain.explanation import Explainer, Explanation
from services.inference.domain.exploration import Exploration
from services.inference.domain.sample import Sample
from services.inference.domain.scoring import score_all, unscored
from services.inference.domain.vectors import Vectors
from services.kernel.vector import WIDTH, unpack

_CARRIED = ("seq", "event_id", "event_time", "feature_set", "numbers", "categories")
"""Fields of an answer that are those of its vector."""
_UNANSWERED: dict[str, Any] = {"status": "failed", "score": None, "label": None}
_ALIKE: dict[str, Any] = {"low": None, "high": None, "explore": False, "label_key": None}
_ALIKE |= {"decided_class": None, "scores": []}
"""Fields that are the same in every answer of a pipeline that has no use for them."""
UNEXPLAINED = "unexplained"
"""Why a record goes no further: its answer was to be explained, and a mixture of it could not be scored."""


class Scorer(Protocol):
    """A model that can answer, or the baseline."""

    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def policy(self) -> str:
        """Version of the policy that decides by its scores; empty for the baseline, which has none."""
        ...

    @property
    def policy_digest(self) -> str:
        """SHA-256 of the policy; empty for one that came with its model."""
        ...

    @property
    def threshold(self) -> float | None:
        """The score from which an answer decides positive; None where nothing is decided."""
        ...

    @property
    def half_width(self) -> float | None:
        """How far the interval beside an answer reaches to both sides; None where there is none."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Of several classes these, in the order of their scores; else empty."""
        ...

    @property
    def reads(self) -> Mapping[str, str]:
        """Columns by name, each with the digest of what it means."""
        ...

    @property
    def explainer(self) -> Explainer | None:
        """What explains its scores; None for a baseline, which says itself what it does."""
        ...

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """Scores [rows], of several classes [rows, classes]. Raises any error for rows that it can't score."""
        ...


Shape = tuple[str | None, str, int, int]
"""Of a vector: error, feature set, bytes of numbers, count of categories."""


def _never_applied(feature_set: str) -> None:
    return None


class InferenceStep:
    """Answers by the scorer that is current when a batch begins. `current` is read once a batch.

    A scorer reads columns by their names, and answers to each vector that has those it reads, of whatever feature set.
    layout_of: layouts of others than the pipeline's own set, None for what was never applied.
    """

    inputs: tuple[str, ...] = ("features",)
    log: tuple[str, ...] = ()
    digest = "inference-1"

    def __init__(
        self,
        pipeline: Pipeline,
        current: Callable[[], Scorer],
        layout_of: Callable[[str], Layout | None] = _never_applied,
    ) -> None:
        self._layout, self._feature_set = pipeline.resolved.layout, pipeline.resolved.feature_set
        numbers, categories = _lengths(self._layout)
        self._shape: Shape = None, self._feature_set, numbers, categories
        self._current, self._layout_of = current, layout_of
        asked = pipeline.monitor.explain
        self._sample = None if asked is None else Sample(asked.share)
        self._exploration = Exploration.of(pipeline)
        self._labels_have_no_entity = pipeline.label.join == LABEL_KEY

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

    def process(self, state: Active, batch: Sequence[Record]) -> Result[Answering | None]:
        if not batch:
            return Result(state.answering)
        scorer = self._current()
        answering = scorer.digest, scorer.policy_digest
        scores, failures = self._scores(scorer, batch)
        outputs = [_activation(scorer, batch[0])] if answering != state.answering else []
        answers = self._answers(batch, scores, scorer)
        explained = self._explained(scorer, batch, np.isfinite(scores))
        outputs += _beside(answers, explained) if explained else answers
        lost = list(explained.values()).count(None)
        return Result(answering, outputs, failures, {UNEXPLAINED: lost} if lost else {})

    def _explained(
        self, scorer: Scorer, batch: Sequence[Record], answered: NDArray[np.bool_]
    ) -> dict[int, Output | None]:
        """Explanations of the answers that are chosen, by their places; None where there can't be one."""
        if self._sample is None or scorer.explainer is None:
            return {}
        chosen = self._sample.chosen(Columns([record.value for record in batch])["seq"]) & answered
        return {place: self._explanation(scorer, batch[place]) for place in np.flatnonzero(chosen).tolist()}

    def _explanation(self, scorer: Scorer, record: Record) -> Output | None:
        """None if a mixture of it can't be scored, which is no fault of the answer."""
        assert scorer.explainer is not None
        vectors = self._vectors(record.value["feature_set"], Columns([record.value]))
        try:
            found = scorer.explainer.explain(vectors)
        except Exception:
            return None
        return None if found is None else _told(record, scorer.version, found)

    def _scores(self, scorer: Scorer, batch: Sequence[Record]) -> tuple[NDArray[np.float64], list[Failure]]:
        """Scores, NaN where there is none, and why there is none for rows that should have one."""
        columns = Columns([record.value for record in batch])
        shapes = _shapes(columns)
        # comparing costs less than hashing, and nearly always all are of the pipeline's own set
        if shapes.count(self._shape) == len(shapes):
            return score_all(scorer, self._vectors(self._feature_set, columns), batch)
        scores = unscored(scorer, len(batch))
        problems = {shape: self._problem(scorer, shape) for shape in dict.fromkeys(shapes)}
        whys = ((record, problems[shape]) for record, shape in zip(batch, shapes, strict=True))
        failures = [Failure(record, "failed", why) for record, why in whys if why]
        for shape in [shape for shape, why in problems.items() if why is None]:
            usable = [i for i, its in enumerate(shapes) if its == shape]
            chosen = [batch[i] for i in usable]
            vectors = self._vectors(shape[1], Columns([record.value for record in chosen]))
            found, failed = score_all(scorer, vectors, chosen)
            scores[usable] = found
            failures += failed
        return scores, failures

    def _problem(self, scorer: Scorer, shape: Shape) -> str | None:
        """Why vectors can't be scored; None if they can, empty where features have failed already."""
        error, feature_set, *lengths = shape
        if error is not None:
            return ""
        layout = self._named(feature_set)
        if layout is None:
            return f"features of set {feature_set}, which was never applied"
        if lengths != _lengths(layout):
            expected = f"expected {len(layout.numbers)} and {len(layout.categories)}"
            return f"{lengths[0] / WIDTH:g} numbers and {lengths[1]} categories, {expected}"
        if layout is not self._layout and (lacking := layout.lacks(scorer.reads)):
            return f"{scorer.version} reads what set {feature_set} doesn't have: {', '.join(lacking)}"
        return None

    def _named(self, feature_set: str) -> Layout | None:
        return self._layout if feature_set == self._feature_set else self._layout_of(feature_set)

    def _vectors(self, feature_set: str, columns: Columns) -> Vectors:
        layout = self._named(feature_set)
        assert layout is not None
        numbers = finite(unpack(columns["numbers"], len(layout.numbers)))
        return Vectors(layout.numbers, layout.categories, numbers, columns["categories"])

    def _answers(self, batch: Sequence[Record], scores: NDArray[np.float64], scorer: Scorer) -> Iterable[Output]:
        """One answer to each record; NaN where there is no score."""
        told = classes.winning(scores) if scorer.classes else scores
        answered, decisions = np.isfinite(told).tolist(), _decisions(told, scorer.threshold)
        own: list[dict[str, Any]] = [
            {"status": "ok", "score": score, "label": decision} if ok else _UNANSWERED
            for ok, score, decision in zip(answered, told.tolist(), decisions, strict=True)
        ]
        alike = _ALIKE | {"model": scorer.version, "policy": scorer.policy, "propensity": self._exploration.propensity}
        for name, column in self._further(batch, scores, scorer):
            del alike[name]
            own = [one | {name: value} for one, value in zip(own, column, strict=True)]
        answers = map(Extended, [record.value for record in batch], repeat(_CARRIED), own, repeat(alike))
        keys, partitions = [record.key for record in batch], [record.partition for record in batch]
        topic, kind, headers = (repeat(one, len(batch)) for one in ("predictions", "driftmill.Prediction", ()))
        return many(Output, topic, keys, kind, answers, partitions, batch, headers)

    def _further(
        self, batch: Sequence[Record], scores: NDArray[np.float64], scorer: Scorer
    ) -> Iterator[tuple[str, Iterable[Any]]]:
        """Fields of answers that only some pipelines have, with one value for each."""
        if self._exploration.drawn is not None:
            yield "explore", self._exploration.marks(record.value["event_id"] for record in batch)
        if self._labels_have_no_entity:
            yield LABEL_KEY, (record.key for record in batch)
        if scorer.classes:
            yield from classes.told(scores, scorer.classes)
        if (half := scorer.half_width) is not None:
            for name, end in (("low", scores - half), ("high", scores + half)):
                yield name, (value if math.isfinite(value) else None for value in end.tolist())


def _lengths(layout: Layout) -> list[int]:
    """Bytes of its numbers, count of its categories."""
    return [WIDTH * len(layout.numbers), len(layout.categories)]


def _shapes(columns: Columns) -> list[Shape]:
    lengths = (map(len, columns[name]) for name in ("numbers", "categories"))
    return list(zip(columns["error"], columns["feature_set"], *lengths, strict=True))


def _beside(answers: Iterable[Output], explained: Mapping[int, Output | None]) -> Iterator[Output]:
    """The answers, each followed by its explanation if it has one."""
    for place, answer in enumerate(answers):
        yield answer
        if explanation := explained.get(place):
            yield explanation


def _told(record: Record, version: str, found: Explanation) -> Output:
    """Told to the same partition as the answer, in the same transaction."""
    own = {"model": version, "score": found.score, "base": found.base, "contributions": found.contributions}
    value = {name: record.value[name] for name in ("seq", "event_id", "event_time")} | own
    return Output("explanations", record.key, "driftmill.PredictionExplained", value, record.partition, record)


def _decisions(scores: NDArray[np.float64], threshold: float | None) -> Sequence[bool | None]:
    return [None] * len(scores) if threshold is None else list((scores >= threshold).tolist())


def _activation(scorer: Scorer, first: Record) -> Output:
    value = {"from_seq": first.value["seq"], "model": scorer.version, "model_digest": scorer.digest}
    value |= {"policy": scorer.policy, "policy_digest": scorer.policy_digest}
    return Output("predictions", first.key, "driftmill.ModelActivated", value, first.partition)
