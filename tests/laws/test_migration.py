"""A migrated state is the one that the stage itself would have, wherever the migration is interrupted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from services.chassis.database import Database
from services.chassis.errors import Refused
from services.chassis.settings import ChassisSettings
from services.chassis.snapshots import Snapshots, stored_under
from services.chassis.store import Store
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record
from services.features.step import FeaturesStep
from services.lake import migration
from services.lake.adapters.lake_log import Kept
from services.lake.migration import Built, migrate
from services.lake.programs import moves_of
from tests.entries import entries_of
from tests.laws.kept_log import MINUTE, PARTITIONS, World, kept_in, raws_of, settings_in
from tests.platform import pipeline_named
from tests.unit.features.scene import chained

PIPELINES = {"small": pipeline_named("small"), "chained": chained(), "carried": chained(carried=True)}
Worked = Mapping[tuple[str, int], int]


def changed(pipeline: Pipeline) -> Pipeline:
    """The same with a further feature of its first and, in a chain, its last entity."""
    texts = dict(pipeline.texts)
    for entity in ("shop", "rider"):
        first = f"{entity}: {{spend:"
        further = first.replace("spend:", "most: {value: amount, agg: max, windows: 3h}, spend:")
        texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(first, further)
    return Pipeline.from_texts(texts)


def world_of(pipeline: Pipeline) -> World:
    """A log that ends with a tick, after which half of the keys are no longer held."""
    world = World.of(pipeline, raws_of(pipeline, 5, 260))
    for log in world.topics["events"]:
        half = log[len(log) // 2]
        time = half.value.get("event_time", half.value.get("known_at")) + 6 * 60 * MINUTE
        log.append(Record("events", log[0].partition, len(log) * 3 // 2, 0, "", "driftmill.Tick", {"time": time}))
    return world


def worked_of(world: World, behind: int = 0) -> dict[tuple[str, int], int]:
    """What the stages that serve have committed."""
    ends = {(topic, n): log[-1].offset + 1 for topic, logs in world.topics.items() for n, log in enumerate(logs) if log}
    return {place: max(end - behind, 0) for place, end in ends.items()}


def run(where: ChassisSettings, pipeline: Pipeline, source: Kept, worked: Worked) -> list[Built]:
    return migrate(moves_of(where, pipeline, source, worked), PARTITIONS, lambda line: None)


def stored(where: ChassisSettings, pipeline: Pipeline, place: int, partition: int, folder: Path) -> tuple[Any, Any]:
    """Entries and point of the newest snapshot, as a stage would find it."""
    snapshots = Snapshots(Store(where.store_url), stored_under(pipeline.name, pipeline.resolved.stages[place]))
    snapshots.fetch(snapshots.manifests(partition)[0], folder)
    database = Database.open(folder)
    entries = {key: value for prefix in (b"e", b"w", b"k") for key, value in database.items(prefix)}
    point = database.point
    database.close()
    return entries, point


def folded(pipeline: Pipeline, world: World, place: int, partition: int, end: int) -> dict[bytes, bytes]:
    step = FeaturesStep(pipeline, PARTITIONS, place)
    state = step.new_state(partition)
    step.fold(state, [one for one in world.topics[step.inputs[0]][partition] if one.offset < end])
    return entries_of(state)


def assert_right(where: ChassisSettings, pipeline: Pipeline, world: World, ends: Worked, folder: Path) -> None:
    for place, entity in enumerate(pipeline.resolved.chain):
        step = FeaturesStep(pipeline, PARTITIONS, place)
        topic = step.inputs[0]
        for number in range(PARTITIONS):
            entries, point = stored(where, pipeline, place, number, folder / f"{entity.name}{number}")
            assert entries == folded(pipeline, world, place, number, ends[topic, number])
            assert (point.origin.digest, point.origin.topics) == (step.digest, {topic: f"{topic}-id"})
            assert (point.origin.cluster, point.origin.partition) == ("here", number)
            assert point.positions == {topic: ends[topic, number]}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "_STRETCH", 50)
    monkeypatch.setattr(migration, "_KEEP", 90)


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("behind", [0, 13])
def test_the_stored_state_is_that_of_a_stage_which_read_the_log(name: str, behind: int, tmp_path: Path) -> None:
    world, pipeline = world_of(PIPELINES[name]), changed(PIPELINES[name])
    where = settings_in(tmp_path, pipeline)
    world.keep(where.store_url)
    worked = worked_of(world, behind)
    built = run(where, pipeline, kept_in(where, world), worked)
    assert {(one.stage, one.partition, one.position) for one in built} == {
        (stage, number, worked["events" if place == 0 else stage, number])
        for place, stage in enumerate(pipeline.resolved.stages)
        for number in range(PARTITIONS)
    }
    assert_right(where, pipeline, world, worked, tmp_path)


def test_a_lake_that_is_behind_sets_the_position(tmp_path: Path) -> None:
    world, pipeline = world_of(PIPELINES["small"]), changed(PIPELINES["small"])
    where = settings_in(tmp_path, pipeline)
    world.keep(where.store_url, slice(0, 60))
    run(where, pipeline, kept_in(where, world), worked_of(world))
    ends = {("events", n): world.topics["events"][n][59].offset + 1 for n in range(PARTITIONS)}
    assert_right(where, pipeline, world, ends, tmp_path)


@pytest.mark.parametrize("name", ["small", "chained"])
def test_what_was_killed_goes_on_and_a_later_call_takes_what_has_come(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, pipeline = world_of(PIPELINES[name]), changed(PIPELINES[name])
    where, fold, starts = settings_in(tmp_path, pipeline), migration._fold, list[int]()
    world.keep(where.store_url)

    def dying(*arguments: Any) -> None:
        starts.append(arguments[3])
        if len(starts) % 4 == 0:
            raise KeyboardInterrupt
        fold(*arguments)

    monkeypatch.setattr(migration, "_fold", dying)
    for behind in (90, 0):
        while True:
            try:
                run(where, pipeline, kept_in(where, world), worked_of(world, behind))
                break
            except KeyboardInterrupt:
                continue
    assert starts.count(0) < len(starts) / 2, "it began anew each time"
    assert_right(where, pipeline, world, worked_of(world), tmp_path)


def test_what_nothing_was_served_of_needs_no_state(tmp_path: Path) -> None:
    world, pipeline = world_of(PIPELINES["small"]), changed(PIPELINES["small"])
    where = settings_in(tmp_path, pipeline)
    world.keep(where.store_url)
    worked = worked_of(world) | {("events", 1): 0}
    assert [one.partition for one in run(where, pipeline, kept_in(where, world), worked)] == [0]


def test_a_lake_that_began_late_is_refused(tmp_path: Path) -> None:
    world, pipeline = world_of(PIPELINES["small"]), changed(PIPELINES["small"])
    where = settings_in(tmp_path, pipeline)
    world.keep(where.store_url, slice(10, None))
    with pytest.raises(Refused, match="doesn't hold all events"):
        run(where, pipeline, kept_in(where, world), worked_of(world))
