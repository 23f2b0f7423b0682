"""The inference step: one answer to each feature vector."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat

import numpy as np
from numpy.typing import NDArray

from services.chassis.rows import Columns
from services.chassis.step import Waiting, take_all
from services.contracts.arm import CHALLENGER
from services.contracts.entries import Entries
from services.contracts.numbers import finite
from services.contracts.pipeline import Layout, Pipeline
from services.contracts.pipeline.label import LABEL_KEY
from services.contracts.record import Extended, Failure, Output, Record, Result, many
from services.contracts.sample import Sample
from services.inference.domain.active import Active, Answering
from services.inference.domain.challenger import Challenger
from services.inference.domain.explanation import Explanation
from services.inference.domain.exploration import Exploration
from services.inference.domain.said import Pair, Said, Told
from services.inference.domain.scoring import Lot, Scorer, Whys, score
from services.inference.domain.vectors import Vectors
from services.kernel.vector import WIDTH, unpack

_CARRIED = ("seq", "event_id", "event_time", "feature_set", "numbers", "categories")
"""Fields of an answer that are those of its vector."""
_COMMON = ("seq", "event_id", "event_time")
"""Those of the other model's answer."""
UNEXPLAINED = "unexplained"
"""Why a record goes no further: its answer was to be explained, and a mixture of it could not be scored."""


Shape = tuple[str | None, str, int, int]
"""Of a vector: error, feature set, bytes of numbers, count of categories."""


def _never_applied(feature_set: str) -> None:
    return None


def _none() -> None:
    return None


class InferenceStep:
    """Answers by the scorer that is current when a batch begins. `current` and `in_flight` are read once a batch.

    A challenger in flight is asked about the same vectors; who of both answers, its share of the entities decides.

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
        in_flight: Callable[[], Challenger | None] = _none,
    ) -> None:
        self._layout, self._feature_set = pipeline.resolved.layout, pipeline.resolved.feature_set
        numbers, categories = _lengths(self._layout)
        self._shape: Shape = None, self._feature_set, numbers, categories
        self._current, self._in_flight, self._layout_of = current, in_flight, layout_of
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
        scorer, challenger = self._asked()
        lots, problems = self._lots(batch)
        scores, whys = score(scorer, lots, len(batch))
        said = Said(scorer, scores)
        reply = said if challenger is None else _paired(said, challenger, lots, batch)
        answers = self._answers(batch, reply.answers())
        others = _others(batch, reply) if isinstance(reply, Pair) else {}
        explained = self._explained(batch, reply)
        answering = _answering(scorer, challenger)
        outputs = [_activation(scorer, answering, batch[0])] if answering != state.answering else []
        outputs += _beside(answers, others, explained) if others or explained else answers
        lost = list(explained.values()).count(None)
        failures = list(_failures(batch, scores, {**problems, **whys}, reply))
        return Result(answering, outputs, failures, {UNEXPLAINED: lost} if lost else {})

    def _asked(self) -> tuple[Scorer, Challenger | None]:
        """The one that answers and the one in flight; a version isn't compared with itself."""
        scorer, challenger = self._current(), self._in_flight()
        is_other = challenger is not None and challenger.scorer.version != scorer.version
        return scorer, challenger if is_other else None

    def _explained(self, batch: Sequence[Record], reply: Said | Pair) -> dict[int, Output | None]:
        """Explanations of the answers that are chosen, by their places; None where there can't be one."""
        if self._sample is None:
            return {}
        chosen = self._sample.chosen(Columns([record.value for record in batch])["seq"]) & reply.answered
        speakers = ((place, reply.speaker(place)) for place in np.flatnonzero(chosen).tolist())
        return {
            place: self._explanation(scorer, batch[place]) for place, scorer in speakers if scorer.explainer is not None
        }

    def _explanation(self, scorer: Scorer, record: Record) -> Output | None:
        """None if a mixture of it can't be scored, which is no fault of the answer."""
        assert scorer.explainer is not None
        vectors = self._vectors(record.value["feature_set"], Columns([record.value]))
        try:
            found = scorer.explainer.explain(vectors)
        except Exception:
            return None
        return None if found is None else _told(record, scorer.version, found)

    def _lots(self, batch: Sequence[Record]) -> tuple[list[Lot], Whys]:
        """The vectors that can be scored, by their layouts, and why others can't be, see `_problem`."""
        columns = Columns([record.value for record in batch])
        shapes = _shapes(columns)
        # comparing costs less than hashing, and nearly always all are of the pipeline's own set
        if shapes.count(self._shape) == len(shapes):
            return [Lot(np.arange(len(batch)), self._vectors(self._feature_set, columns))], {}
        problems = {shape: self._problem(shape) for shape in dict.fromkeys(shapes)}
        whys = ((place, problems[shape]) for place, shape in enumerate(shapes))
        usable = [shape for shape, why in problems.items() if why is None]
        found = [self._lot(batch, shapes, shape) for shape in usable]
        return found, {place: why for place, why in whys if why is not None}

    def _lot(self, batch: Sequence[Record], shapes: Sequence[Shape], shape: Shape) -> Lot:
        places = np.array([place for place, its in enumerate(shapes) if its == shape])
        vectors = self._vectors(shape[1], Columns([batch[place].value for place in places.tolist()]))
        return Lot(places, vectors, None if shape[1] == self._feature_set else self._named(shape[1]))

    def _problem(self, shape: Shape) -> str | None:
        """Why no model can score vectors; None if they can, empty where features have failed already."""
        error, feature_set, *lengths = shape
        if error is not None:
            return ""
        layout = self._named(feature_set)
        if layout is None:
            return f"features of set {feature_set}, which was never applied"
        if lengths != _lengths(layout):
            expected = f"expected {len(layout.numbers)} and {len(layout.categories)}"
            return f"{lengths[0] / WIDTH:g} numbers and {lengths[1]} categories, {expected}"
        return None

    def _named(self, feature_set: str) -> Layout | None:
        return self._layout if feature_set == self._feature_set else self._layout_of(feature_set)

    def _vectors(self, feature_set: str, columns: Columns) -> Vectors:
        layout = self._named(feature_set)
        assert layout is not None
        numbers = finite(unpack(columns["numbers"], len(layout.numbers)))
        return Vectors(layout.numbers, layout.categories, numbers, columns["categories"])

    def _answers(self, batch: Sequence[Record], told: Told) -> Iterable[Output]:
        """One answer to each record."""
        own, alike = told.own, told.alike | {"propensity": self._exploration.propensity}
        if self._exploration.drawn is None:
            alike["explore"] = False
        else:
            marks = self._exploration.marks(record.value["event_id"] for record in batch)
            own = [one | {"explore": mark} for one, mark in zip(own, marks, strict=True)]
        if self._labels_have_no_entity:
            own = [one | {LABEL_KEY: record.key} for one, record in zip(own, batch, strict=True)]
        else:
            alike[LABEL_KEY] = None
        return _outputs("predictions", "driftmill.Prediction", batch, _CARRIED, Told(own, alike))


def _lengths(layout: Layout) -> list[int]:
    """Bytes of its numbers, count of its categories."""
    return [WIDTH * len(layout.numbers), len(layout.categories)]


def _shapes(columns: Columns) -> list[Shape]:
    lengths = (map(len, columns[name]) for name in ("numbers", "categories"))
    return list(zip(columns["error"], columns["feature_set"], *lengths, strict=True))


def _outputs(topic: str, kind: str, batch: Sequence[Record], carried: tuple[str, ...], told: Told) -> Iterator[Output]:
    """A record of each of these in its partition."""
    answers = map(Extended, [record.value for record in batch], repeat(carried), told.own, repeat(told.alike))
    keys, partitions = [record.key for record in batch], [record.partition for record in batch]
    topics, kinds, headers = (repeat(one, len(batch)) for one in (topic, kind, ()))
    return many(Output, topics, keys, kinds, answers, partitions, batch, headers)


def _paired(said: Said, challenger: Challenger, lots: Sequence[Lot], batch: Sequence[Record]) -> Pair:
    """What both say, whoever answers."""
    scores, _ = score(challenger.scorer, lots, len(batch))
    arms = challenger.arms([record.key for record in batch]) if challenger.share else None
    return Pair(said, Said(challenger.scorer, scores, CHALLENGER), arms)


def _others(batch: Sequence[Record], pair: Pair) -> dict[int, Output]:
    """What the other model says, by the place of the record, where one of both has an answer."""
    told, there = pair.others(), pair.there.tolist()
    rows = Told(list(compress(told.own, there)), told.alike)
    found = _outputs("predictions.shadow", "driftmill.ShadowPrediction", [*compress(batch, there)], _COMMON, rows)
    return dict(zip(compress(range(len(batch)), there), found, strict=True))


def _failures(
    batch: Sequence[Record], scores: NDArray[np.float64], whys: Whys, reply: Said | Pair
) -> Iterator[Failure]:
    """Why there is no answer to records that should have one, in their order."""
    for place in np.flatnonzero(~reply.answered).tolist():
        if why := whys.get(place, f"score is {scores[place]}, expected a finite number"):
            yield Failure(batch[place], "failed", why)


def _beside(answers: Iterable[Output], *further: Mapping[int, Output | None]) -> Iterator[Output]:
    """The answers, each followed by what there is beside it."""
    for place, answer in enumerate(answers):
        yield answer
        yield from filter(None, (its.get(place) for its in further))


def _told(record: Record, version: str, found: Explanation) -> Output:
    """Told to the same partition as the answer, in the same transaction."""
    own = {"model": version, "score": found.score, "base": found.base, "contributions": found.contributions}
    value = {name: record.value[name] for name in ("seq", "event_id", "event_time")} | own
    return Output("explanations", record.key, "driftmill.PredictionExplained", value, record.partition, record)


def _answering(scorer: Scorer, challenger: Challenger | None) -> Answering:
    if challenger is None:
        return Answering(scorer.digest, scorer.policy_digest)
    its = challenger.scorer
    return Answering(scorer.digest, scorer.policy_digest, its.version, its.digest, challenger.share)


def _activation(scorer: Scorer, answering: Answering, first: Record) -> Output:
    value = {"from_seq": first.value["seq"], "model": scorer.version, "model_digest": answering.model}
    value |= {"policy": scorer.policy, "policy_digest": answering.policy, "challenger": answering.challenger}
    value |= {"challenger_digest": answering.challenger_digest, "share": answering.share}
    return Output("predictions", first.key, "driftmill.ModelActivated", value, first.partition)
