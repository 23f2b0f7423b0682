"""A backfill gives what the features service computed, bit for bit, wherever it is interrupted."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.errors import Refused
from services.chassis.settings import ChassisSettings
from services.contracts.pipeline import Pipeline
from services.lake import backfill as work
from services.lake.adapters.feature_table import FeatureTable
from services.lake.adapters.file_log import FileRecords, read_files
from services.lake.adapters.lake_log import Kept
from services.lake.programs import stages_of
from tests.laws.kept_log import PARTITIONS, World, filled, kept_in, raws_of, settings_in
from tests.platform import pipeline_named
from tests.unit.features.scene import chained


def keyed() -> Pipeline:
    """Labels bring back the key of their answer."""
    texts = dict(pipeline_named("small").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label: {", "label: {join: label_key, ", 1)
    texts["label.avsc"] = texts["label.avsc"].replace('"shop"', '"label_key"')
    return Pipeline.from_texts(texts)


PIPELINES = {
    "small": pipeline_named("small"),
    "chained": chained(),
    "carried": chained(carried=True),
    "keyed": keyed(),
}


def run(where: ChassisSettings, pipeline: Pipeline, source: Kept | FileRecords) -> int:
    stages = stages_of(where, pipeline, source, "filled")
    return work.backfill(stages, 1 if isinstance(source, FileRecords) else PARTITIONS, lambda line: None)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_STRETCH", 50)
    monkeypatch.setattr(work, "_KEEP", 90)


@pytest.mark.parametrize("name", PIPELINES)
@settings(max_examples=3, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 160))
def test_the_tables_of_the_lake_give_what_the_service_computed(name: str, seed: int, count: int) -> None:
    pipeline = PIPELINES[name]
    world = World.of(pipeline, raws_of(pipeline, seed, count))
    with TemporaryDirectory() as folder:
        where = settings_in(Path(folder), pipeline)
        world.keep(where.store_url)
        run(where, pipeline, kept_in(where, world))
        assert filled(where, pipeline) == world.vectors


@pytest.mark.parametrize("name", PIPELINES)
@settings(max_examples=3, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 160))
def test_files_give_what_one_partition_would_have_got(name: str, seed: int, count: int) -> None:
    pipeline = PIPELINES[name]
    raws = raws_of(pipeline, seed, count)
    world = World.of(pipeline, raws, 1)
    with TemporaryDirectory() as folder:
        where = settings_in(Path(folder), pipeline)
        # a repeated event counts for nothing, and the order of the lines neither
        events = [raw for raw in raws if "amount" in raw]
        _write(Path(folder) / "events.jsonl", [*events[::-1], *events[:5]])
        # nor do files know the keys of answers
        labels = [{name: raw[name] for name in raw.keys() - {"label_key"}} for raw in raws if "returned" in raw]
        _write(Path(folder) / "labels.jsonl", labels)
        if events:
            run(
                where,
                pipeline,
                read_files(pipeline, Path(folder) / "events.jsonl", Path(folder) / "labels.jsonl" if labels else None),
            )
            assert filled(where, pipeline) == world.vectors


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("name", ["small", "chained"])
@pytest.mark.parametrize("written", [False, True])
def test_what_was_killed_goes_on_where_it_was(
    name: str, written: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = PIPELINES[name]
    world, where = World.of(pipeline, raws_of(pipeline, 5, 260)), settings_in(tmp_path, pipeline)
    world.keep(where.store_url)
    append, done = FeatureTable.append, list[int]()

    def dying(*arguments: Any) -> None:
        if written:
            append(*arguments)
        if len(done) % 3 == 2:
            done.append(0)
            raise KeyboardInterrupt
        if not written:
            append(*arguments)
        done.append(len(arguments[3]))

    monkeypatch.setattr(FeatureTable, "append", dying)
    deaths = 0
    while True:
        try:
            run(where, pipeline, kept_in(where, world))
            break
        except KeyboardInterrupt:
            deaths += 1
    assert deaths > 1
    assert filled(where, pipeline) == world.vectors


def test_a_lost_disk_is_computed_again_and_nothing_is_doubled(tmp_path: Path) -> None:
    pipeline = PIPELINES["small"]
    world, where = World.of(pipeline, raws_of(pipeline, 6, 500)), settings_in(tmp_path, pipeline)
    world.keep(where.store_url, slice(0, 200))
    first = run(where, pipeline, kept_in(where, world))
    shutil.rmtree(where.state_dir)
    world.keep(where.store_url)
    second = run(where, pipeline, kept_in(where, world))
    assert filled(where, pipeline) == world.vectors
    assert min(first, second) > 0
    assert first + second == len(world.vectors)
    assert run(where, pipeline, kept_in(where, world)) == 0


def test_a_table_that_is_gone_is_written_anew_though_rows_are_ahead_of_it(tmp_path: Path) -> None:
    pipeline = PIPELINES["small"]
    world, where = World.of(pipeline, raws_of(pipeline, 8, 200)), settings_in(tmp_path, pipeline)
    world.keep(where.store_url)
    run(where, pipeline, kept_in(where, world))
    shutil.rmtree(tmp_path / "store" / "lake" / pipeline.name / "filled")
    run(where, pipeline, kept_in(where, world))
    assert filled(where, pipeline) == world.vectors


def test_what_a_stage_before_has_not_made_yet_is_left_for_the_next_time(tmp_path: Path) -> None:
    pipeline = PIPELINES["chained"]
    world, where = World.of(pipeline, raws_of(pipeline, 7, 240)), settings_in(tmp_path, pipeline)
    behind = replace(world, topics=world.topics | {"events": [log[:100] for log in world.topics["events"]]})
    behind.keep(where.store_url)
    run(where, pipeline, kept_in(where, world))
    assert 0 < len(filled(where, pipeline)) < len(world.vectors)
    world.keep(where.store_url)
    run(where, pipeline, kept_in(where, world))
    assert filled(where, pipeline) == world.vectors


def test_features_of_other_records_are_not_mixed(tmp_path: Path) -> None:
    pipeline = PIPELINES["small"]
    where = settings_in(tmp_path, pipeline)
    for seed in (1, 2):
        _write(tmp_path / f"{seed}.jsonl", [raw for raw in raws_of(pipeline, seed, 30) if "amount" in raw])
    run(where, pipeline, read_files(pipeline, tmp_path / "1.jsonl", None))
    with pytest.raises(Refused, match="Name another table"):
        run(where, pipeline, read_files(pipeline, tmp_path / "2.jsonl", None))


def test_a_pipeline_without_a_lake_is_told_so(tmp_path: Path) -> None:
    pipeline = PIPELINES["small"]
    with pytest.raises(Refused, match="hasn't kept"):
        run(
            settings_in(tmp_path, pipeline),
            pipeline,
            kept_in(settings_in(tmp_path, pipeline), World(pipeline, {"events": []})),
        )
