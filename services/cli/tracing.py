"""Gathers what there is to tell of an event, a version or a dataset: from the lake, from the topics of the control
plane, and of an event that the lake has yet to write from the topics of the data plane."""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from services.chassis.configs import applied_pipeline, bare_codec, codec_for
from services.chassis.errors import Refused
from services.chassis.progress import Progress
from services.chassis.reading import read_topics
from services.chassis.settings import ChassisSettings
from services.chassis.trust import Distrusted, Trust
from services.cli.domain.control import TOPICS, Control
from services.cli.domain.life import Life, Vector, named
from services.cli.domain.touched import by_dataset, by_version
from services.cli.domain.touched_page import dataset_page, version_page
from services.cli.domain.trace import trace
from services.cli.domain.trace_page import trace_page
from services.cli.failure import Failure
from services.cli.unkept import unkept
from services.contracts.pipeline import Pipeline, PipelineInvalid
from services.contracts.record import Record

_BYTES = ("numbers", "raw_key", "raw_value")
_DEAD = ("deadletters.features", "deadletters.inference")
_WHOLE = {"driftmill.EventAccepted", "driftmill.Prediction"}

Line = Mapping[str, Any]
Kept = Callable[[], list[dict[str, Any]]]
"""Gives what `services.lake.trace` tells, which has been started."""
Listed = Callable[[Pipeline, Mapping[str, Mapping[str, str]]], list[dict[str, Any]]]
"""Tells of the features of a pipeline."""


class Told(NamedTuple):
    """facts: as plain values. page: the same as Markdown."""

    facts: dict[str, Any]
    page: str


def told_of_event(settings: ChassisSettings, kept: Kept, event_id: str) -> Told:
    """The life of an event. Raises Failure for one of which nothing is known, TransientError."""
    control = _control(settings)
    # brings the kernel's compiler, while the lake is asked; versions and datasets needn't wait for it
    from services.cli.feature_table import listed

    *lines, last = kept()
    records, newer = [_record(line) for line in lines], 0
    progress = Progress(settings)
    try:
        if {record.kind for record in records} >= _WHOLE:
            newer = progress.lag("lake")
        else:
            records = _completed(settings, progress, event_id, records, last["looked"])
    finally:
        progress.close()
    if any(_has_failed(record) for record in records):
        records += [one for many in read_topics(settings, bare_codec(settings), _DEAD).values() for one in many]
    vector, signatures = _vector(control, records, listed), _signatures(settings, control, named(records))
    life = Life(settings.pipeline, event_id, records, control, vector, signatures)
    facts = trace(life) | {"newer": newer}
    return Told(facts, trace_page(facts))


def told_of_version(settings: ChassisSettings, kept: Kept, name: str) -> Told:
    """What a version touched. Raises Failure for one that the registry doesn't know, TransientError."""
    control = _control(settings)
    facts = by_version(control, kept(), name, _signatures(settings, control, [name]).get(name, ""))
    if facts is None:
        known = ", ".join(control.versions()) or "none yet"
        raise Failure(f"There is no model version {name}. Those that the registry has judged: {known}.")
    return Told(facts, version_page(facts))


def told_of_dataset(settings: ChassisSettings, kept: Kept, name: str) -> Told:
    """What a dataset touched. Raises Failure for a name of none, or of several, TransientError."""
    facts = by_dataset(_control(settings), kept(), name)
    if facts is None:
        raise Failure(f"No dataset is called {name}, or several begin so. See `driftmill dataset list`.")
    return Told(facts, dataset_page(facts))


def _control(settings: ChassisSettings) -> Control:
    return Control(read_topics(settings, bare_codec(settings), TOPICS))


def _completed(
    settings: ChassisSettings, progress: Progress, event_id: str, records: list[Record], looked: Mapping[str, int]
) -> list[Record]:
    """Records of the lake with those that it has yet to write."""
    kept = {place: offset for place, (offset, _) in progress.committed("lake").items()}
    beyond = unkept(settings, codec_for(settings, applied_pipeline(settings)), event_id, kept)
    if not records and not beyond.records:
        tables = ", ".join(f"{rows:,} rows of {table}" for table, rows in looked.items())
        newer = ", ".join(f"{count:,} of {topic}" for topic, count in beyond.looked.items() if count) or "none"
        raise Failure(
            f"Nothing is known of {event_id}. Looked through: in the lake {tables}; of the newer records in the topics "
            f"{newer}. A prediction's id is its event's, see `driftmill tail predictions`; what couldn't be read has "
            "no id, see `driftmill tail events.quarantined`."
        )
    return list({(one.topic, one.partition, one.offset): one for one in (*records, *beyond.records)}.values())


def _record(line: Line) -> Record:
    value = dict(line["value"])
    value |= {name: base64.b64decode(value[name]) for name in _BYTES if value.get(name) is not None}
    return Record(**{**line, "value": value})


def _has_failed(record: Record) -> bool:
    return record.value.get("status") == "failed" or bool(record.value.get("error"))


def _vector(control: Control, records: Iterable[Record], listed: Listed) -> Vector | None:
    """How the vector of the event is laid out: by the newest configuration of its feature set that was applied before
    it was computed, or by any."""
    sets = {one.value["feature_set"]: one.timestamp for one in records if one.kind == "driftmill.FeatureVector"}
    sets |= {one.value["feature_set"]: one.timestamp for one in records if one.kind == "driftmill.Prediction"}
    for feature_set, time in sets.items():
        applied = control.records["configs"]
        earlier = [one for one in applied if one.timestamp <= time]
        for one in (*reversed(earlier), *(other for other in applied if other.timestamp > time)):
            try:
                pipeline = Pipeline.from_texts(one.value["texts"])
            except PipelineInvalid:
                continue  # of a version that this one can't read
            if pipeline.resolved.feature_set == feature_set:
                return _laid_out(pipeline, listed)
    return None


def _laid_out(pipeline: Pipeline, listed: Listed) -> Vector:
    resolved, declared = pipeline.resolved, pipeline.model.baseline
    field = {"is": "field of the event", "over": None}
    means = {name: field | {"digest": digest} for name, digest in resolved.digests.items()}
    means |= {row["feature"]: {name: row[name] for name in ("is", "over", "digest")} for row in listed(pipeline, {})}
    rule = {"prior": pipeline.label.target.prior, "last": declared.last, "rule": declared.rule}[declared.kind]
    return Vector(resolved.numbers, resolved.categories, means, pipeline.digest, f"{declared.kind}: {rule}")


def _signatures(settings: ChassisSettings, control: Control, versions: Iterable[str]) -> dict[str, str]:
    """Whether each version's manifest, and its policy if it came later, are signed by a key that is trusted here."""
    try:
        trust = Trust.read(settings.home / "keys")
    except Refused as error:
        return dict.fromkeys(versions, f"not looked at: {error}")
    return {name: _signature(trust, candidate) for name in versions if (candidate := control.candidate(name))}


def _signature(trust: Trust, candidate: Mapping[str, Any]) -> str:
    try:
        trust.manifest_of(candidate)
    except Distrusted as error:
        return f"not believed: {error}"
    return f"signed by the trusted key {candidate['key_id']}"
