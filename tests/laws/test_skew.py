"""Served features compared with recomputed ones: equal whatever the features, and what is planted is named."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.chassis.settings import ChassisSettings
from services.contracts.pipeline import Pipeline
from services.contracts.profile import profile_key
from services.contracts.record import Record
from services.contracts.skew import VECTOR, SkewCount, summed
from services.kernel.vector import pack, unpack
from services.lake import skew as work
from services.lake.adapters.stored_state import StoredState
from services.lake.programs import Known, compared_stages
from tests.laws.kept_log import MINUTE, PARTITIONS, World, kept_in, raws_of, settings_in
from tests.laws.test_backfill import PIPELINES

Profile = Mapping[str, Any]
WINDOW = 8 * 60 * MINUTE


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_STRETCH", 90)


def world_of(name: str, count: int = 300) -> World:
    """A log with the vectors of the last stage as a topic, too."""
    pipeline = PIPELINES[name]
    return World.of(pipeline, raws_of(pipeline, 11, count))


def compared(
    where: ChassisSettings,
    world: World,
    told: Mapping[tuple[str, int], int] | None = None,
    most: int = 100,
    forgotten: Callable[[str], bool] = lambda key: False,
    found: list[Profile] | None = None,
    gone: Mapping[tuple[str, int], int] | None = None,
    lines: list[Profile] | None = None,
) -> list[Profile]:
    """The windows that are published now."""
    found, lines = [] if found is None else found, [] if lines is None else lines
    topics = ["events", *world.pipeline.resolved.stages[1:]]
    ends = {(topic, number): log[-1].offset + 1 for topic in topics for number, log in enumerate(world.topics[topic])}
    stages = compared_stages(
        where, world.pipeline, kept_in(where, world), Known(ends, gone or {}, told or {}, forgotten)
    )
    stages = [replace(stage, most=most, window=WINDOW) for stage in stages]
    work.compare(stages, PARTITIONS, found.append, lines.append)
    return found


def counts_of(profiles: Sequence[Profile]) -> dict[str, SkewCount]:
    return summed(SkewCount.from_record(one) for profile in profiles for one in profile["skew"])


def kept(where: ChassisSettings, world: World) -> None:
    world.keep(where.store_url)


def altered(world: World, change: Callable[[Record], Record | None]) -> World:
    """With other vectors in the lake than were made."""
    logs = [[other for one in log if (other := change(one)) is not None] for log in world.topics["features"]]
    return replace(world, topics=world.topics | {"features": logs})


def with_value(record: Record, **changes: Any) -> Record:
    return record._replace(value={**record.value, **changes})


def vector_with(pipeline: Pipeline, name: str, value: float) -> Callable[[Record], Record]:
    """A change of one number in every third vector from some time on."""
    place, width = pipeline.resolved.numbers.index(name), len(pipeline.resolved.numbers)

    def changed(record: Record) -> Record:
        if record.value["seq"] < 60 or record.value["seq"] % 3:
            return record
        numbers = unpack([record.value["numbers"]], width).copy()
        numbers[0, place] = value
        return with_value(record, numbers=pack(numbers)[0])

    return changed


@pytest.mark.parametrize("name", PIPELINES)
def test_what_was_served_is_what_is_recomputed(name: str, tmp_path: Path) -> None:
    world, where = world_of(name), settings_in(tmp_path, PIPELINES[name])
    kept(where, world)
    profiles = compared(where, world)
    counts = counts_of(profiles)
    resolved = world.pipeline.resolved
    assert {*resolved.numbers, *resolved.categories, VECTOR} <= counts.keys()
    assert all(one.differing == 0 and one.rows > 100 for one in counts.values()), counts
    assert {profile["slice"] for profile in profiles} == {*resolved.stages}
    assert len({profile_key(profile) for profile in profiles}) == len(profiles)


@pytest.mark.parametrize("name", ["small", "chained"])
def test_a_sample_is_equal_too(name: str, tmp_path: Path) -> None:
    world, where = world_of(name), settings_in(tmp_path, PIPELINES[name])
    kept(where, world)
    profiles = compared(where, world, most=1)
    rows, every = sum(one["rows"] for one in profiles), len(world.vectors) * len(world.pipeline.resolved.stages)
    assert 0.1 * every < rows < 0.8 * every
    assert 0 < min(one["sampled"] for one in profiles) < 1
    assert not any(one.differing for one in counts_of(profiles).values())


@pytest.mark.parametrize("name", ["small", "chained"])
def test_another_number_is_found_and_the_others_are_quiet(name: str, tmp_path: Path) -> None:
    world, where = world_of(name), settings_in(tmp_path, PIPELINES[name])
    kept(where, altered(world, vector_with(world.pipeline, "shop.spend.mean.1h", -3.0)))
    profiles = compared(where, world)
    differing = {name: one for name, one in counts_of(profiles).items() if one.differing}
    assert differing.keys() == {"shop.spend.mean.1h"}
    (one,) = differing.values()
    assert one.mismatched + one.extra == one.differing > 10
    assert one.missing == 0
    first = min(profile["window_end"] for profile in profiles if _differs(profile))
    assert all(not _differs(profile) for profile in profiles if profile["window_end"] < first)
    assert len([profile for profile in profiles if profile["window_end"] < first]) > 2


def _differs(profile: Profile) -> bool:
    return any(one.differing for one in counts_of([profile]).values())


def test_a_missing_and_an_extra_number_are_told_apart(tmp_path: Path) -> None:
    world, where = world_of("small"), settings_in(tmp_path, PIPELINES["small"])
    pipeline = world.pipeline
    kept(where, altered(world, vector_with(pipeline, "shop.spend.count.1h", float("nan"))))
    (one,) = (one for one in counts_of(compared(where, world)).values() if one.differing)
    assert (one.name, one.missing) == ("shop.spend.count.1h", one.differing)
    where = settings_in(tmp_path / "other", pipeline)
    kept(where, altered(world, vector_with(pipeline, "shop.spend.mean.1h", 7.0)))
    (one,) = (one for one in counts_of(compared(where, world)).values() if one.differing)
    assert (one.name, one.missing) == ("shop.spend.mean.1h", 0)
    assert min(one.extra, one.mismatched) > 0


def test_another_category_is_found(tmp_path: Path) -> None:
    world, where = world_of("small"), settings_in(tmp_path, PIPELINES["small"])
    kept(where, altered(world, lambda one: with_value(one, categories=["x"])))
    (one,) = (one for one in counts_of(compared(where, world)).values() if one.differing)
    assert (one.name, one.mismatched) == ("kind", one.rows)


@pytest.mark.parametrize("name", ["small", "chained"])
def test_a_vector_that_was_never_written_is_told_as_such(name: str, tmp_path: Path) -> None:
    world, where = world_of(name), settings_in(tmp_path, PIPELINES[name])
    kept(where, altered(world, lambda one: None if one.value["seq"] == 20 else one))
    (one,) = (one for one in counts_of(compared(where, world)).values() if one.differing)
    assert (one.name, one.missing) == (VECTOR, 2)


def test_what_a_stage_forgot_shows_in_its_features_alone(tmp_path: Path) -> None:
    pipeline = PIPELINES["small"]
    raws = raws_of(pipeline, 11, 400)
    world, where = World.of(pipeline, raws), settings_in(tmp_path, pipeline)
    # the service lost its rows in the middle and went on without
    half = min(raw["at"] for raw in raws[200:] if "at" in raw)
    forgot = {one.value["event_id"]: one for log in World.of(pipeline, raws[200:]).topics["features"] for one in log}

    def changed(record: Record) -> Record:
        other = forgot.get(record.value["event_id"])
        is_later = record.value["event_time"] >= half
        return with_value(record, numbers=other.value["numbers"]) if is_later and other else record

    kept(where, altered(world, changed))
    differing = {name for name, one in counts_of(compared(where, world)).items() if one.differing}
    assert "shop.back.mean.1d" in differing
    assert not differing & {"amount", "kind", VECTOR}


@pytest.mark.parametrize(("name", "kept_before"), [("small", False), ("small", True), ("chained", True)])
def test_a_kill_in_the_middle_changes_no_record(
    name: str, kept_before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, where = world_of(name), settings_in(tmp_path, PIPELINES[name])
    kept(where, altered(world, vector_with(world.pipeline, "amount", 1.0)))
    whole = compared(where, world, most=2)
    shutil.rmtree(where.state_dir)
    keep, found, deaths = StoredState.keep, list[Profile](), 0

    def dying(self: Any, position: int) -> None:
        if kept_before:
            keep(self, position)
        if deaths < 5 and position > 30 * (deaths + 1):
            raise KeyboardInterrupt
        if not kept_before:
            keep(self, position)

    monkeypatch.setattr(StoredState, "keep", dying)
    while True:
        try:
            compared(where, world, most=2, found=found)
            break
        except KeyboardInterrupt:
            deaths += 1
    assert deaths == 5
    by_key = {profile_key(one): one for one in found}
    assert len(by_key) == len(whole)
    assert by_key == {profile_key(one): one for one in whole}
    assert all(by_key[profile_key(one)] == one for one in found)


def test_lost_rows_are_computed_again_and_nothing_is_told_twice(tmp_path: Path) -> None:
    world, where = world_of("small"), settings_in(tmp_path, PIPELINES["small"])
    kept(where, world)
    whole = compared(where, world)
    assert compared(where, world) == []
    shutil.rmtree(where.state_dir)
    last = sorted(one["window_end"] for one in whole)[len(whole) // 2]
    again = compared(where, world, {("features", number): last for number in range(PARTITIONS)})
    assert again == [one for one in whole if one["window_end"] > last]


def test_vectors_of_other_definitions_and_of_erased_entities_are_not_compared(tmp_path: Path) -> None:
    world, where = world_of("small"), settings_in(tmp_path, PIPELINES["small"])
    other = altered(world, lambda one: with_value(one, feature_set="other"))
    kept(where, other)
    profiles = compared(where, world)
    assert sum(one["rows"] for one in profiles) > 100
    assert all(one.rows == 0 for one in counts_of(profiles).values())
    where = settings_in(tmp_path / "erased", world.pipeline)
    kept(where, altered(world, lambda one: None if one.key == "shop1" else one))
    counts = counts_of(compared(where, world, forgotten=lambda key: key == "shop1"))
    assert counts[VECTOR].rows > 100
    assert counts[VECTOR].differing == 0


def test_a_failed_vector_is_not_compared(tmp_path: Path) -> None:
    world, where = world_of("small"), settings_in(tmp_path, PIPELINES["small"])
    failed = altered(world, lambda one: with_value(one, numbers=b"", error="no bytes"))
    kept(where, failed)
    assert counts_of(compared(where, world))[VECTOR] == SkewCount(VECTOR)


def test_what_can_not_be_recomputed_since_rows_are_gone_is_said_and_nothing_of_it_told(tmp_path: Path) -> None:
    world, where, lines = world_of("small", 100), settings_in(tmp_path, PIPELINES["small"]), list[Profile]()
    kept(where, world)
    profiles = compared(where, world, gone={("features", 1): 20}, lines=lines)
    assert {profile["partition"] for profile in profiles} == {0}
    assert [(line["stage"], line["partition"]) for line in lines] == [("features", 1)]
    assert lines[0]["left_out"].startswith("rows before offset 20 are gone")
    # who has come that far already goes on
    assert compared(where, world, gone={("features", 0): 20}, lines=[])
    assert compared(where, world, gone={("features", 1): 20}, lines=lines) == []
    assert len(lines) == 1
