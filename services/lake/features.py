"""The feature store from Python: vectors of entities at times, as they were served.

    from services.lake.features import features
    frame = features("pipelines/payments", ["c17", "c18"], ["2026-03-01", "2026-03-02T12:00Z"])

Needs no broker: the store is the one of `DRIFTMILL_STORE` or `DRIFTMILL_HOME`, in development and in production.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from services.chassis.configs import bare_codec
from services.chassis.errors import Refused
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.contracts.pipeline import Pipeline, PipelineInvalid, load
from services.lake.adapters.vectors import Vectors


def features(directory: str | Path, entities: Sequence[str], times: Any = None) -> pd.DataFrame:
    """The newest vector of each entity at its time: a point-in-time join, a row for each pair, in their order.

    directory: of the pipeline, whose columns are read. entities: values of the key of its first entity. times: one for
    each entity, or one for all, in whatever `pandas.to_datetime` takes, UTC where no zone is named; None: the newest.
    Columns: entity, time (where times are given), event_id, event_time, appended, as_of, feature_set, then those that
    travel to the model. A vector that was computed for another `feature_set` has no values.

    Raises PipelineInvalid for a bad directory, ValueError for times that don't fit, Refused if the lake keeps nothing.
    """
    pipeline = load(Path(directory))
    environment: dict[str, Any] = {}
    settings = ChassisSettings(pipeline=pipeline.name, **environment)
    layout = pipeline.resolved.layout
    names = [str(entity) for entity in entities]
    vectors = Vectors(settings.store_url, pipeline.name, layout, {layout.feature_set: layout})
    if times is None:
        found = vectors.read(names, None)
        found.insert(0, "entity", names)
        return found
    moments = _moments(times, len(names))
    found = vectors.read(names, moments.asi8)
    found.insert(0, "entity", names)
    found.insert(1, "time", moments)
    return found


def newest(settings: ChassisSettings, entity: str, at: str | None) -> dict[str, Any]:
    """What `driftmill features get` tells of an entity. Raises Refused, ValueError, TransientError."""
    pipelines = _applied(settings)
    layouts = {one.resolved.feature_set: one.resolved.layout for one in pipelines}
    vectors = Vectors(settings.store_url, settings.pipeline, pipelines[-1].resolved.layout, layouts)
    moments = None if at is None else _moments(at, 1)
    (row,) = vectors.read([entity], None if moments is None else moments.asi8).to_dict("records")
    through = vectors.kept_through()
    if row["event_id"] is None:
        told = "" if moments is None else f" up to {moments[0].isoformat()}"
        raise Refused(f"No vector of {entity} is kept{told}. The lake keeps vectors up to {through.isoformat()}.")
    columns = (*vectors.wanted.numbers, *vectors.wanted.categories)
    facts = {str(name): value for name, value in row.items() if name not in columns}
    values = {name: None if row[name] is None or row[name] != row[name] else row[name] for name in columns}
    return {"entity": entity, **facts, "kept_through": through, "features": values}


def _applied(settings: ChassisSettings) -> list[Pipeline]:
    """All configurations that were applied and can be read, the newest last."""
    texts: dict[str, Any] = {}
    for record in read_topic(settings, bare_codec(settings), "configs"):
        texts.pop(record.value["digest"], None)
        texts[record.value["digest"]] = record.value["texts"]
    found = [one for one in map(_readable, texts.values()) if one is not None]
    if not found:
        raise Refused(f"{settings.pipeline} isn't applied: run `driftmill apply`.")
    return found


def _readable(texts: Mapping[str, str]) -> Pipeline | None:
    """None for one from before the file's language was changed."""
    try:
        return Pipeline.from_texts(texts)
    except PipelineInvalid:
        return None


def _moments(times: Any, count: int) -> pd.DatetimeIndex:
    given = pd.to_datetime([times] if isinstance(times, str) or np.ndim(times) == 0 else list(times), utc=True)
    if len(given) not in (1, count):
        raise ValueError(f"{len(given)} times for {count} entities: give one for each, or one for all")
    return pd.DatetimeIndex(np.resize(given.to_numpy("datetime64[us]"), count)).tz_localize("UTC")
