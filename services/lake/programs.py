"""Wires the programs of the lake that compute features anew and end: backfills, migrations, comparisons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.chassis.configs import applied_pipeline, codec_for
from services.chassis.errors import Refused
from services.chassis.progress import Place, Progress
from services.chassis.references import References
from services.chassis.settings import ChassisSettings
from services.chassis.snapshots import Snapshots, stored_under
from services.chassis.store import Store
from services.chassis.topic_admin import check_topics, cluster_id
from services.contracts.pipeline import Pipeline, load
from services.contracts.profile import profile_key
from services.contracts.skew import STREAM
from services.kernel.computer import FeatureComputer
from services.kernel.stage_state import StateLayout
from services.lake.adapters.delta import table_uri
from services.lake.adapters.feature_table import FeatureTable
from services.lake.adapters.file_log import FileLog, FileRecords, read_files
from services.lake.adapters.followed import followed
from services.lake.adapters.forgetting import forgotten
from services.lake.adapters.key_log import KeyLog
from services.lake.adapters.labelled import write_outcomes
from services.lake.adapters.lake_log import Kept, LakeLog
from services.lake.adapters.publisher import Publisher
from services.lake.adapters.removals import Removals
from services.lake.adapters.sampled_log import SampledLog
from services.lake.adapters.served import Served
from services.lake.adapters.stretch import Report, StageLog
from services.lake.adapters.told_windows import told_windows
from services.lake.adapters.topic_log import told_offsets, topic_ids
from services.lake.backfill import Stage, backfill
from services.lake.domain.removal import floors, gone_before
from services.lake.domain.table import tables_of
from services.lake.migration import Move, migrate
from services.lake.skew import Stage as Compared
from services.lake.skew import compare

_FEATURES = "labelled_features"
_SAMPLE_BYTES = 2**20
"""Of memory for the rows of a sample's entities."""


@dataclass(frozen=True)
class Order:
    """What to compute features of, and where to. directory: of a pipeline, None for the applied one.

    events, labels: files; without events the lake's tables. table: name of the table of features.
    """

    directory: Path | None = None
    events: Path | None = None
    labels: Path | None = None
    table: str | None = None


def fill(settings: ChassisSettings, order: Order, report: Report) -> dict[str, Any]:
    """Bring a table of features as far as the log is; what there is to say of it.

    Raises ValueError for bad files, TransientError and Stop for a bad environment; the next call goes on.
    """
    pipeline = load(order.directory) if order.directory else applied_pipeline(settings)
    source = read_files(pipeline, order.events, order.labels) if order.events else kept(settings, pipeline)
    name = order.table or f"backfill_{pipeline.resolved.feature_set}"
    stages = stages_of(settings, pipeline, source, name)
    rows = backfill(stages, 1 if isinstance(source, FileRecords) else settings.partitions, report)
    return {"table": stages[-1].table.uri, "rows": rows, "feature_set": pipeline.resolved.feature_set}


def label(settings: ChassisSettings, order: Order, report: Report) -> dict[str, Any]:
    """Write the outcomes of files of events and labels into a store that has none yet. Raises as `fill`."""
    assert order.directory is not None
    assert order.events is not None
    pipeline = load(order.directory)
    source = read_files(pipeline, order.events, order.labels)
    stages = stages_of(settings, pipeline, source, _FEATURES)
    backfill(stages, 1, report)
    uri = table_uri(settings.store_url, pipeline.name, "outcomes")
    return {"table": uri, "rows": write_outcomes(pipeline, source, stages[-1].table.uri, uri)}


def move(settings: ChassisSettings, directory: Path | None, report: Report) -> dict[str, Any]:
    """Build the states of features that a pipeline needs and the applied one doesn't; what there is to say of it.

    directory: of the pipeline, None to build those of the applied one, which has lost them. Raises as `fill`.
    """
    applied = applied_pipeline(settings)
    pipeline = load(directory) if directory else applied
    moves = moves_of(settings, pipeline, kept(settings, pipeline), _worked(settings, applied))
    if directory:
        serving = [_digest(applied, place) for place in range(len(applied.resolved.chain))]
        moves = [one for one, digest in zip(moves, serving, strict=True) if one.layout.digest != digest]
    built = migrate(moves, settings.partitions, report)
    told = [{"stage": one.stage, "partition": one.partition, "position": one.position} for one in built]
    return {"stages": [one.name for one in moves], "snapshots": told, "feature_set": pipeline.resolved.feature_set}


def skew(settings: ChassisSettings, report: Report) -> dict[str, Any]:
    """Compare what was served with what is recomputed, and publish the windows that have ended; how many there were.

    Raises as `fill`.
    """
    pipeline = applied_pipeline(settings)
    stages = pipeline.resolved.stages
    ends, topics = followed(settings, stages), ("events", *stages[1:])
    source, removals = _kept(settings, topics), Removals(settings.store_url, pipeline.name).all()
    gone = {
        (stages[topics.index(topic)], number): end
        for topic in topics
        for number, end in gone_before(removals, tables_of(stages)[topic], topic == "events").items()
    }
    known = Known(ends, gone, told_windows(settings.store_url, pipeline.name), forgotten(settings))
    publisher = Publisher(settings, codec_for(settings, pipeline), "profiles", "driftmill.ProfileClosed", STREAM)

    def publish(profile: Mapping[str, Any]) -> None:
        publisher.publish([(profile_key(profile), profile)], lambda: None)
        report({"progress": STREAM, **{name: profile[name] for name in ("slice", "partition", "rows", "skew")}})

    return {
        "windows": compare(compared_stages(settings, pipeline, source, known), settings.partitions, publish, report)
    }


def moves_of(settings: ChassisSettings, pipeline: Pipeline, source: Kept, worked: Mapping[Place, int]) -> list[Move]:
    """The states of all stages of a pipeline. worked: how far those that serve have come, by input."""
    moves, store = list[Move](), Store(settings.store_url)
    for place, entity in enumerate(pipeline.resolved.chain):
        computer = FeatureComputer(pipeline, place)
        layout = StateLayout(pipeline, computer, place)
        log = LakeLog(source, pipeline, computer, place, None)
        keys = None if layout.maturity is None else KeyLog(source, pipeline.name, layout.readers)
        folder = settings.state_dir / pipeline.name / "migrate" / entity.stage
        snapshots = Snapshots(store, stored_under(pipeline.name, entity.stage))
        topic = entity.stage if place else "events"
        room = settings.state_mb * 2**20
        its = _of_topic(worked, topic)
        moves.append(Move(entity.stage, topic, log, keys, computer, layout, its, snapshots, folder, room))
    return moves


def _worked(settings: ChassisSettings, applied: Pipeline) -> dict[Place, int]:
    stages = applied.resolved.stages
    progress = Progress(settings, stages)
    try:
        return {place: offset for stage in stages for place, (offset, _) in progress.committed(stage).items()}
    finally:
        progress.close()


def _digest(pipeline: Pipeline, place: int) -> str:
    return StateLayout(pipeline, FeatureComputer(pipeline, place), place).digest


def stages_of(settings: ChassisSettings, pipeline: Pipeline, source: "FileRecords | Kept", name: str) -> list[Stage]:
    """The stages of a pipeline, each with a table of its own; the last one's has the name."""
    resolved, stages, earlier = pipeline.resolved, list[Stage](), None
    resolve = References(Store(settings.store_url)).resolve
    for place, entity in enumerate(resolved.chain):
        computer, is_last = FeatureComputer(pipeline, place, resolve), place + 1 == len(resolved.chain)
        own = name if is_last else f"{name}_after_{entity.name}"
        columns = (resolved.numbers, resolved.categories) if is_last else (computer.names,)
        table = FeatureTable(table_uri(settings.store_url, pipeline.name, own), resolved.feature_set, *columns)
        folder = settings.state_dir / pipeline.name / "backfill" / own
        log = _log(source, pipeline, computer, place, earlier)
        stages.append(Stage(entity.stage, log, computer, table, folder, settings.state_mb * 2**20))
        earlier = table
    return stages


@dataclass(frozen=True)
class Known:
    """What a comparison of served features has to know. ends: by topic and partition, the offset up to which the lake
    has all that follows. gone: by stage and partition, see Stage. told: by stage and partition, the end of the last
    window that was published. forgotten: whether rows of a key of the first entity were erased.
    """

    ends: Mapping[Place, int]
    gone: Mapping[Place, int]
    told: Mapping[Place, int]
    forgotten: Callable[[str], bool]


def compared_stages(settings: ChassisSettings, pipeline: Pipeline, source: Kept, known: Known) -> list[Compared]:
    """The stages of a pipeline, of which served features are compared with recomputed ones."""
    resolve, window = References(Store(settings.store_url)).resolve, int(pipeline.monitor.window)
    stages = []
    for place, entity in enumerate(pipeline.resolved.chain):
        computer = FeatureComputer(pipeline, place, resolve)
        log = SampledLog(
            LakeLog(source, pipeline, computer, place, None), computer.earlier, place == 0, known.forgotten
        )
        ends = _of_topic(known.ends, entity.stage if place else "events")
        gone = _of_topic(known.gone, entity.stage)
        folder = settings.state_dir / pipeline.name / "skew" / entity.stage
        served, told = Served(source, pipeline, place), _of_topic(known.told, entity.stage)
        stages.append(Compared(entity.stage, log, computer, served, window, ends, gone, told, folder, _SAMPLE_BYTES))
    return stages


def _of_topic(places: Mapping[Place, int], topic: str) -> dict[int, int]:
    return {number: offset for (name, number), offset in places.items() if name == topic}


def kept(settings: ChassisSettings, pipeline: Pipeline) -> Kept:
    """What the lake keeps. Raises Refused if it was made for other stages than the pipeline has, TransientError."""
    _refuse_other_chain(applied_pipeline(settings), pipeline)
    check_topics(settings, pipeline.resolved.stages)
    topics: Sequence[str] = ("events", *pipeline.resolved.stages[1:])
    _refuse_begun_late(settings, pipeline, topics)
    return _kept(settings, topics)


def _kept(settings: ChassisSettings, topics: Sequence[str]) -> Kept:
    offsets = told_offsets(settings, topics)
    return Kept(settings.store_url, settings.partitions, cluster_id(settings), topic_ids(settings, topics), offsets)


def _refuse_begun_late(settings: ChassisSettings, pipeline: Pipeline, topics: Sequence[str]) -> None:
    """Features of a log without its beginning would be others than were served."""
    removals, tables = Removals(settings.store_url, pipeline.name).all(), tables_of(pipeline.resolved.stages)
    for table in (table for topic in topics for table in tables[topic]):
        for number, floor in sorted(floors(removals, table.name).items()):
            raise Refused(
                f"The lake holds no rows of {table.name}[{number}] before offset {floor}: the pipeline keeps none for "
                "longer (lake.keep). Features can't be computed anew from it; compute them from files, or keep rows "
                "for longer than features are changed."
            )


def _log(
    source: "FileRecords | Kept",
    pipeline: Pipeline,
    computer: FeatureComputer,
    place: int,
    earlier: FeatureTable | None,
) -> StageLog:
    if isinstance(source, FileRecords):
        return FileLog(source, pipeline, computer, place, earlier)
    return LakeLog(source, pipeline, computer, place, earlier)


def _refuse_other_chain(applied: Pipeline, pipeline: Pipeline) -> None:
    """What passes between stages is in the log as the applied pipeline sent it."""
    ours, theirs = pipeline.resolved.chain, applied.resolved.chain
    same = [(one.name, one.field) for one in ours] == [(one.name, one.field) for one in theirs]
    if applied.name != pipeline.name or not same:
        raise Refused(
            f"The log of {applied.name} was made for the entities {', '.join(one.name for one in theirs)}; other "
            "entities can't be computed from it. Compute them from files."
        )
    if new := [one.name for one, old in zip(ours[1:], theirs[1:], strict=True) if one.reads_labels > old.reads_labels]:
        raise Refused(
            f"Labels were not sent to {', '.join(new)}: features of its labels can't be computed from the log."
        )
