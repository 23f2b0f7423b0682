"""What a run of numbers signs is what comes of its rows again, to the last byte."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from services.chassis.keys import make_keys
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record, Value
from services.contracts.schemas import own_schema
from services.lake.adapters.column import RecordColumns
from services.lake.adapters.delta import AppendOnlyTable, table_uri
from services.training.adapters import cluster
from services.training.adapters.champion import described
from services.training.rebuild import differing_from, job_of
from services.training.work import rows_of, work
from tests.learning.test_outcome_rows import MINUTE, minutely
from tests.platform import SMALL

FIRST, EVENTS = 3_000, 4_500
OF_NUMBERS = {
    "returned, prior: 0.3": "returned, kind: regression",
    "optimise: roc_auc": "optimise: mae, learners: [linear], history: {try: {half_life: 2d}}, interval: 0.9",
    ", min_positives: 20}": ", refit: true}, backtest: 2",
    "metric: roc_auc": "metric: mae",
    "positives: 50": "rows: 50",
}


def pipeline() -> Pipeline:
    texts = {path.name: path.read_text() for path in SMALL.iterdir()}
    for ours, others in OF_NUMBERS.items():
        assert ours in texts["pipeline.yaml"]
        texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(ours, others)
    return Pipeline.from_texts(texts | {"label.avsc": texts["label.avsc"].replace("boolean", "double")})


def outcomes(pipeline: Pipeline) -> list[Record]:
    """One a minute, known five hours later; what is dear costs more to take back."""
    chance, resolved = np.random.default_rng(1), pipeline.resolved
    numbers = chance.normal(size=(EVENTS, len(resolved.numbers))).astype("<f4")
    label = 200 + 50 * numbers[:, 0].astype(float) + 10 * chance.normal(size=EVENTS)
    return minutely(resolved.feature_set, numbers, label, decision=None)


def asked(
    folder: Path, pipeline: Pipeline, version: str, events: int, champion: Value | None, image: str = ""
) -> dict[str, Any]:
    """The job of a run over the first events."""
    ranges = [{"partition": 0, "from_offset": 0, "to_offset": events, "matured_seq": events - 1}]
    dataset: dict[str, Any] = {"dataset_id": f"d{events}", "clock": (events + 600) * MINUTE, "ranges": ranges}
    return {
        "texts": dict(pipeline.texts),
        "store": folder.as_uri(),
        "keys": str(folder / "keys"),
        "seed": 7,
        "run": {"run_id": f"run-{version}", "version": version, "change_point": None},
        "dataset": dataset | {"rows": events, "positives": 0},
        "champion": None if champion is None else described(champion),
        "image": image,
    }


def offered(job: dict[str, Any]) -> Value:
    candidate = work(job)["candidate"]
    assert candidate is not None
    return dict(candidate)


def differing(folder: Path, pipeline: Pipeline, candidate: Value, champion: Value | None) -> list[str]:
    manifest = orjson.loads(candidate["manifest"])
    job = job_of(manifest, folder.as_uri(), champion)
    return [one.what for one in differing_from(manifest, rows_of(pipeline, job), pipeline, job)]


def test_versions_come_out_the_same_until_a_label_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = pipeline()
    make_keys(tmp_path / "keys")
    columns = RecordColumns(own_schema("driftmill.Outcome"))
    uri = table_uri(tmp_path.as_uri(), made.name, "outcomes")
    records, table = outcomes(made), AppendOnlyTable(uri, "outcomes", "c/t", columns, compact_every=0)
    table.append(records, {0: EVENTS})
    first = offered(asked(tmp_path, made, "v1", FIRST, None))
    second = offered(asked(tmp_path, made, "v2", EVENTS, first, "driftmill@sha256:4ac1"))
    manifest = orjson.loads(second["manifest"])
    assert (manifest["image"], "image" in orjson.loads(first["manifest"])) == ("driftmill@sha256:4ac1", False)
    assert manifest["measured"]["champion"] == "v1"
    assert manifest["learner"]["history"] == "half_life 2d"
    assert {"unit", "interval", "backtest"} <= set(manifest)
    assert differing(tmp_path, made, first, None) == []
    assert differing(tmp_path, made, second, first) == []
    value = {**records[10].value, "label": 900.0}
    changed = [*records[:10], Record("outcomes", 0, 10, 0, "k", "driftmill.Outcome", value), *records[11:]]
    other = AppendOnlyTable(
        table_uri((tmp_path / "other").as_uri(), made.name, "outcomes"), "outcomes", "c/t", columns, compact_every=0
    )
    other.append(changed, {0: EVENTS})
    assert "model_digest" in differing(tmp_path / "other", made, first, None)
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 0.2)
    ended = work(asked(tmp_path, made, "v3", FIRST, None) | {"cluster": "tcp://127.0.0.1:9"})
    assert ended["outcome"] == "failed"
    assert ended["reason"].startswith("No Dask scheduler answers at tcp://127.0.0.1:9 (DRIFTMILL_RUN_CLUSTER): ")
