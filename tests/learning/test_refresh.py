"""A policy from its run to the answers: chosen on rows that its model hasn't seen, judged, served, and replayed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
import pytest

from services.chassis.keys import make_keys
from services.chassis.metrics import Metrics
from services.chassis.reading import TopicReader
from services.chassis.store import Store
from services.chassis.trust import Trust
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record, Result
from services.contracts.schemas import own_schema
from services.inference.adapters.champion import Champion
from services.inference.domain.active import Active
from services.inference.domain.baseline import BaselineScorer
from services.inference.domain.scoring import Scorer
from services.inference.step import InferenceStep
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.registry.adapters.admission import Admission
from services.registry.app import judge_of
from services.registry.domain.plan import Plan
from services.registry.step import RegistryStep
from services.training.adapters.champion import described
from services.training.work import work
from tests.learning.test_outcome_rows import MINUTE, minutely
from tests.platform import SMALL
from tests.unit.registry.files import LIMITS, try_here

FIRST, EVENTS = 3_000, 7_500
OTHERWISE = {
    "optimise: roc_auc": "optimise: roc_auc, learners: [logistic], decide: {cost: {missed: 5, false_alarm: 1}}",
    "{metric: roc_auc, above: [baseline, champion], blocks: 1h}": (
        "[{metric: roc_auc, above: [baseline, champion], blocks: 1h}, {metric: cost, above: baseline, blocks: 1h}]"
    ),
}

Value = dict[str, Any]


def pipeline() -> Pipeline:
    texts = {path.name: path.read_text() for path in SMALL.iterdir()}
    for ours, others in OTHERWISE.items():
        assert ours in texts["pipeline.yaml"]
        texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(ours, others)
    return Pipeline.from_texts(texts)


PIPELINE = pipeline()


def outcomes() -> tuple["np.ndarray[Any, np.dtype[np.float32]]", list[Record]]:
    """One a minute, known five hours later. After those that the model learns from, the same odds mean less."""
    chance, resolved = np.random.default_rng(1), PIPELINE.resolved
    numbers = chance.normal(size=(EVENTS, len(resolved.numbers))).astype("<f4")
    odds = 2 * numbers[:, 0].astype(float) - np.where(np.arange(EVENTS) < FIRST, 0.0, 2.5)
    label = (chance.random(EVENTS) < 1 / (1 + np.exp(-odds))).astype(float)
    return numbers, minutely(resolved.feature_set, numbers, label)


@dataclass
class Scene:
    """The lake and keys of a folder, and what has been offered and moved."""

    folder: Path
    registry: RegistryStep
    state: Any
    numbers: "np.ndarray[Any, np.dtype[np.float32]]"
    views: list[Value]

    def run(self, version: str, events: int, champion: Value | None) -> Value:
        """The result of a run that makes this version, of so many events."""
        ranges = [{"partition": 0, "from_offset": 0, "to_offset": events, "matured_seq": events - 1}]
        dataset: Value = {"dataset_id": f"d{events}", "clock": (events + 600) * MINUTE, "ranges": ranges}
        return work(
            {
                "texts": dict(PIPELINE.texts),
                "store": self.folder.as_uri(),
                "keys": str(self.folder / "keys"),
                "seed": 7,
                "run": {"run_id": f"run-{version}", "version": version, "change_point": None},
                "dataset": dataset | {"rows": events, "positives": 0},
                "champion": None if champion is None else described(champion),
            }
        )

    def offer(self, version: str, result: Value) -> Result[Any]:
        """What the registry does with a run's candidate."""
        offered = {"version": version, "run_id": f"run-{version}", "clock": 0} | result["candidate"]
        record = Record("candidates", 0, 0, 0, version, "driftmill.CandidateProposed", offered)
        found = self.registry.process(self.state, [record])
        self.state.apply(found.staged)
        views = [one.value for one in found.outputs if one.topic == "models" and one.key == "champion"]
        self.views += [dict(view) for view in views if view is not None]
        return found

    def scorer(self, view: Value) -> Scorer:
        """What inference makes of a record of `models`."""
        reader = _Reader([Record("models", 0, 0, 0, "champion", "driftmill.ModelPublished", view, raw_value=b"x")])
        store, layout = Store(self.folder.as_uri()), PIPELINE.resolved.layout
        trust, metrics = Trust.read(self.folder / "keys"), Metrics("inference", "small")
        made = Champion(cast(TopicReader, reader), store, trust, BaselineScorer(PIPELINE), layout, metrics)
        made.catch_up()
        return made.current

    def vectors(self, first: int, last: int) -> list[Record]:
        """Vectors of some of the events."""
        return [self._vector(seq) for seq in range(first, last)]

    def _vector(self, seq: int) -> Record:
        value = {"seq": seq, "event_id": f"e{seq}", "event_time": seq * MINUTE, "error": None}
        value |= {"feature_set": PIPELINE.resolved.feature_set, "numbers": self.numbers[seq].tobytes()}
        return Record("features", 0, seq, 0, "k", "driftmill.FeatureVector", value | {"categories": ["abc"[seq % 3]]})


class _Reader:
    def __init__(self, records: Sequence[Record]) -> None:
        self.records, self.positions = records, {0: 1}

    def to_end(self) -> Sequence[Record]:
        return self.records


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A model has been learnt, and a policy for it chosen later; both were offered."""
    folder = tmp_path_factory.mktemp("refresh")
    make_keys(folder / "keys")
    uri, columns = table_uri(folder.as_uri(), PIPELINE.name, "outcomes"), RecordColumns(own_schema("driftmill.Outcome"))
    numbers, records = outcomes()
    AppendOnlyTable(uri, "outcomes", "c/t", columns, compact_every=0).append(records, {0: EVENTS})
    admission = Admission(Store(folder.as_uri()), Trust.read(folder / "keys"), LIMITS, try_here)
    judge = judge_of(admission, PIPELINE.evaluate.accept, PIPELINE.model.decided_by)
    registry = RegistryStep(judge, Plan())
    made = Scene(folder, registry, registry.new_state(0), numbers, [])
    made.offer("v1", made.run("v1", FIRST, None))
    made.offer("v1.p2", made.run("v1.p2", EVENTS, made.views[0]))
    return made


def test_a_run_keeps_the_model_and_the_registry_moves_its_policy(scene: Scene) -> None:
    first, second = scene.views
    assert (first["version"], second["version"], scene.state.champion.name) == ("v1", "v1.p2", "v1.p2")
    assert {name: second[name] for name in ("model_digest", "manifest")} == {
        name: first[name] for name in ("model_digest", "manifest")
    }
    policy, manifest = orjson.loads(second["policy"]), orjson.loads(second["manifest"])
    assert manifest["threshold"] == pytest.approx(1 / 6, abs=0.1)
    assert policy["threshold"] == pytest.approx(0.7, abs=0.15)
    assert policy["chosen_from"] >= manifest["trained_through"]


def test_the_verdict_lists_what_was_asked_of_decisions_beside_the_policy_before(scene: Scene) -> None:
    result = scene.run("v1.p2", EVENTS, scene.views[0])
    assert result["outcome"] == "candidate"
    assert result["candidate"]["policy"] == scene.views[1]["policy"], "the same job signs the same bytes"
    (move,) = [
        one.value
        for one in _moved(scene, result)
        if one.topic == "models.history" and one.value is not None and one.value["version"] == "v1.p2"
    ]
    names = [(one["name"], one["passed"]) for one in move["criteria"]]
    assert names == [("cost above champion", True), ("cost above baseline", True), ("cost above prior", True)]


def _moved(scene: Scene, result: Value) -> Sequence[Any]:
    """What a registry writes in which the model answers and the policy comes."""
    other = Scene(scene.folder, scene.registry, scene.registry.new_state(0), scene.numbers, [])
    other.offer("v1", {"candidate": scene.views[0]})
    return other.offer("v1.p2", result).outputs


def test_one_that_is_no_better_is_not_offered(scene: Scene) -> None:
    again = scene.run("v1.p3", EVENTS, scene.views[1])
    assert again["outcome"] == "policy_suffices"
    assert again["candidate"] is None
    early = scene.run("v1.p3", FIRST + 1_500, scene.views[0])
    assert early["outcome"] == "not_enough"
    assert "since the model was trained" in early["reason"]


def test_a_new_model_is_compared_with_the_policy_that_decides_now(scene: Scene) -> None:
    result = scene.run("v2", EVENTS, scene.views[1])
    assert result["report"]["measured"]["champion"] == "v1.p2"


def answering_by(scorer: Scorer) -> InferenceStep:
    """Inference whose model and policy stay."""
    return InferenceStep(PIPELINE, lambda: scorer)


def answered(step: InferenceStep, state: Active, batches: Sequence[Sequence[Record]]) -> list[tuple[str, Value]]:
    """Kinds and values of what inference writes."""
    told = []
    for batch in batches:
        result = step.process(state, batch)
        state.apply(result.staged)
        told += [(one.kind, dict(one.value or {})) for one in result.outputs]
    return told


def test_the_policy_decides_from_the_next_batch_on_and_a_replay_that_follows_activations_is_equal(scene: Scene) -> None:
    scorers = [scene.scorer(view) for view in scene.views]
    current = [scorers[0]]
    step, state = InferenceStep(PIPELINE, lambda: current[0]), Active()
    told = answered(step, state, [scene.vectors(0, 30), scene.vectors(30, 57)])
    current[0] = scorers[1]
    told += answered(step, state, [scene.vectors(57, 90), scene.vectors(90, 100)])
    activations = [value for kind, value in told if kind == "driftmill.ModelActivated"]
    assert [(one["from_seq"], one["model"], one["policy"]) for one in activations] == [
        (0, "v1", "p1"),
        (57, "v1", "p2"),
    ]
    assert len({one["policy_digest"] for one in activations}) == 2
    answers = [value for kind, value in told if kind == "driftmill.Prediction"]
    assert [one["policy"] for one in answers] == ["p1"] * 57 + ["p2"] * 43
    assert any(one["label"] != (one["score"] >= scorers[0].threshold) for one in answers[57:])
    assert _followed(scorers, activations, scene.vectors) == told


def _followed(
    scorers: Sequence[Scorer], activations: Sequence[Value], vectors: Callable[[int, int], list[Record]]
) -> list[tuple[str, Value]]:
    """A new process answers the same log in other batches, each part by what was active in it."""
    by_digests = {(one.digest, one.policy_digest): one for one in scorers}
    ends = [one["from_seq"] for one in activations[1:]] + [100]
    told, state = [], Active()
    for active, end in zip(activations, ends, strict=True):
        step = answering_by(by_digests[active["model_digest"], active["policy_digest"]])
        starts = range(active["from_seq"], end, 7)
        told += answered(step, state, [vectors(start, min(start + 7, end)) for start in starts])
    return told
