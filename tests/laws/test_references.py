"""Vectors made of bytes: what is served is what is computed again, and one event that lacks them stops nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.chassis.errors import TransientError
from services.chassis.references import References
from services.chassis.store import Store
from services.contracts.pipeline import Pipeline, load
from services.contracts.record import Record, Result
from services.features.step import FeaturesStep
from services.ingestion.app import Order, read_stream
from services.lake import backfill as work
from services.lake.adapters.file_log import read_files
from services.lake.programs import stages_of
from tests.laws.kept_log import filled, settings_in
from tests.platform import ROOT

VEHICLES = ROOT / "pipelines" / "vehicles"
COUNT = 60


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load(VEHICLES)


def photos(pipeline: Pipeline, references: References) -> list[dict[str, Any]]:
    """Payloads as ingestion publishes them, half of them of a dark scene, with their bytes in the store."""
    options = {"events": str(COUNT), "drift": "0.15"}
    stream = read_stream(pipeline, Order(VEHICLES / "source.py", options=options), references.put)
    return stream.events.take(np.arange(COUNT))


def accepted(payloads: list[dict[str, Any]]) -> list[Record]:
    return [
        Record(
            *("events", 0, seq, 0, payload["camera"], "driftmill.EventAccepted"),
            {"seq": seq, "event_id": payload["photo_id"], "event_time": payload["taken_at"], "payload": payload},
        )
        for seq, payload in enumerate(payloads)
    ]


def worked(step: FeaturesStep, records: list[Record], at_a_time: int = COUNT) -> list[Result[Any]]:
    state, found = step.new_state(0), []
    for start in range(0, len(records), at_a_time):
        found.append(step.process(state, records[start : start + at_a_time]))
        state.apply(found[-1].staged)
    return found


def served(results: list[Result[Any]]) -> list[dict[str, Any]]:
    return [dict(output.value or {}) for result in results for output in result.outputs]


def test_what_is_served_is_what_a_backfill_computes(pipeline: Pipeline, tmp_path: Path) -> None:
    where = settings_in(tmp_path, pipeline)
    references = References(Store(where.store_url))
    payloads = photos(pipeline, references)
    step = FeaturesStep(pipeline, 1, 0, references.resolve)
    whole = served(worked(step, accepted(payloads)))
    assert served(worked(step, accepted(payloads), 7)) == whole
    numbers = np.array([np.frombuffer(vector["numbers"], "<f4") for vector in whole])
    assert numbers.shape == (COUNT, 48)
    assert numbers[-20:].mean() < 0.6 * numbers[:8].mean()
    pd.DataFrame(payloads).to_parquet(tmp_path / "photos.parquet")
    source = read_files(pipeline, tmp_path / "photos.parquet", None)
    work.backfill(stages_of(where, pipeline, source, "filled"), 1, lambda line: None)
    assert filled(where, pipeline) == {one["event_id"]: (one["numbers"], ()) for one in whole}


def test_an_event_whose_bytes_are_gone_or_damaged_fails_alone(pipeline: Pipeline, tmp_path: Path) -> None:
    store = Store(tmp_path.as_uri())
    payloads = photos(pipeline, References(store))
    before = served(worked(FeaturesStep(pipeline, 1, 0, References(store).resolve), accepted(payloads)))
    store.delete([f"references/{payloads[3]['image']}"])
    store.put(f"references/{payloads[5]['image']}", b"something else")
    (result,) = worked(FeaturesStep(pipeline, 1, 0, References(store).resolve), accepted(payloads))
    vectors = served([result])
    assert [place for place, one in enumerate(vectors) if one["error"]] == [3, 5]
    assert [vectors[3][name] for name in ("numbers", "categories")] == [b"", []]
    assert payloads[3]["image"] in vectors[3]["error"]
    assert [(one.record.value["seq"], one.reason) for one in result.failures] == [(3, "failed"), (5, "failed")]
    assert [one for place, one in enumerate(vectors) if place not in (3, 5)] == [
        one for place, one in enumerate(before) if place not in (3, 5)
    ]


def test_a_store_that_is_away_makes_the_service_wait(pipeline: Pipeline, tmp_path: Path) -> None:
    records = accepted(photos(pipeline, References(Store((tmp_path / "there").as_uri()))))
    away = References(Store((tmp_path / "away").as_uri()))
    (tmp_path / "away" / "references").write_text("no folder")
    with pytest.raises(TransientError, match="object store"):
        worked(FeaturesStep(pipeline, 1, 0, away.resolve), records)
