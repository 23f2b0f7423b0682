"""A stream of whatever task on its whole way: raw records, answers, outcomes, a run on these, and its verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from services.chassis.keys import make_keys
from services.chassis.store import Store
from services.chassis.trust import Trust
from services.contracts.pipeline import Pipeline
from services.contracts.record import Output, Value
from services.contracts.schemas import own_schema
from services.features.step import FeaturesStep
from services.inference.adapters.onnx_model import OnnxModel
from services.inference.domain.baseline import BaselineScorer
from services.inference.domain.scoring import Scorer
from services.inference.step import InferenceStep
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.outcomes.step import OutcomesStep
from services.registry.adapters.admission import Admission
from services.registry.app import judge_of
from services.registry.domain.acceptance import Verdict
from services.registry.domain.offer import Offer
from services.training.work import work
from services.validation.step import ValidationStep
from tests.laws.flow import APPENDED, PARTITION, Topics, records_of, run
from tests.unit.registry.files import LIMITS, try_here


@dataclass(eq=False)
class Lifecycle:
    """events: accepted ones. clock: of the dataset that the first run learns from."""

    pipeline: Pipeline
    raw: Topics
    events: int
    clock: int

    @cached_property
    def validated(self) -> list[Output]:
        """What validation makes of the raw records."""
        return run(ValidationStep(self.pipeline, 2), self.raw).outputs

    @cached_property
    def first(self) -> list[Output]:
        """What becomes of the answers of the baseline."""
        return self.joined(self.answered(BaselineScorer(self.pipeline)))

    def answered(self, scorer: Scorer) -> list[Output]:
        """What a model answers."""
        return run(InferenceStep(self.pipeline, lambda: scorer), self._vectors).outputs

    def joined(self, answers: list[Output]) -> list[Output]:
        """What becomes of answers."""
        return run(OutcomesStep(self.pipeline), self.sides(answers)).outputs

    def sides(self, answers: list[Output]) -> Topics:
        """What the outcome join reads."""
        written = {topic: records_of(answers, topic) for topic in ("predictions", "predictions.shadow")}
        return {"events": records_of(self.validated, "events")} | written

    def keep(self, folder: Path) -> None:
        """Lay the outcomes of the baseline's answers into a folder's lake, and keys beside it."""
        make_keys(folder / "keys")
        records = records_of(self.first, "outcomes")
        outcomes = [record for record in records if record.kind == "driftmill.Outcome"]
        columns = RecordColumns(own_schema("driftmill.Outcome"))
        uri = table_uri(folder.as_uri(), self.pipeline.name, "outcomes")
        AppendOnlyTable(uri, "outcomes", "c/t", columns, compact_every=0).append(outcomes, {PARTITION: len(records)})

    def job(
        self, folder: Path, pipeline: Pipeline | None = None, champion: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A run on all that was kept. pipeline: as it is by then."""
        offset = len(records_of(self.first, "outcomes"))
        bounds = {"partition": PARTITION, "from_offset": 0, "to_offset": offset, "matured_seq": self.events - 1}
        return {
            "texts": dict((pipeline or self.pipeline).texts),
            "store": folder.as_uri(),
            "keys": str(folder / "keys"),
            "seed": 7,
            "run": {"run_id": "run-v1", "version": "v1", "change_point": None},
            "dataset": {
                "dataset_id": "d1",
                "clock": self.clock,
                "ranges": [bounds],
                "rows": self.events,
                "positives": 0,
            },
            "champion": champion,
        }

    def offered(self, folder: Path, pipeline: Pipeline | None = None) -> dict[str, Any]:
        """The CandidateProposed of such a run."""
        found = work(self.job(folder, pipeline))
        assert found["outcome"] == "candidate", found
        return {"version": "v1", "run_id": "run-v1", "clock": self.clock, **found["candidate"]}

    def judged(self, folder: Path, candidate: Mapping[str, Any], pipeline: Pipeline | None = None) -> Verdict:
        """What the registry says of it."""
        asked = pipeline or self.pipeline
        task = asked.label.target.task
        admission = Admission(Store(folder.as_uri()), Trust.read(folder / "keys"), LIMITS, try_here, task)
        return judge_of(admission, asked.evaluate.accept)(Offer(candidate, APPENDED, None, 1))

    @cached_property
    def _vectors(self) -> Topics:
        events = {"events": records_of(self.validated, "events")}
        return {"features": records_of(run(FeaturesStep(self.pipeline, 2), events).outputs, "features")}


def opened(folder: Path, candidate: Mapping[str, Any]) -> OnnxModel:
    """A candidate as inference serves it."""
    content = Store(folder.as_uri()).get(candidate["model_uri"])
    return OnnxModel("v1", content, orjson.loads(candidate["manifest"]))


def values(outputs: list[Output], kind: str) -> list[Value]:
    """Of the records of a kind."""
    return [output.value for output in outputs if output.kind == f"driftmill.{kind}" and output.value is not None]
