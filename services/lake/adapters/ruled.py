"""The labels that events in a file have by rule, as validation makes them of the log."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from services.contracts.expression import parse
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.label import Rule
from services.contracts.pipeline.record_schema import defaults_of
from services.contracts.watermark import RANK
from services.kernel.tables import Ints
from services.lake.adapters.arrow_columns import as_texts, constant, integers, kernel_column, whole
from services.lake.adapters.column_file import no_rows

_NEVER = np.iinfo(np.int64).max


def labels_by_rule(pipeline: Pipeline, rule: Rule, events: Any) -> Any:
    """A table of the pipeline's labels. events: in order of time, each once.

    Of those at the end, about which nothing can be said yet, there are none.
    """
    times, within = integers(events[pipeline.event.time.field]), int(rule.within)
    followed = _followed(as_texts(events[pipeline.resolved.entity_field]), times, _fulfilled(pipeline, rule, events))
    is_positive = followed - within <= times
    known = np.where(is_positive, followed, times + within + int(pipeline.event.time.lateness))
    told = is_positive | (known < times[-RANK]) if len(times) >= RANK else is_positive
    made = _labels(pipeline, events, is_positive, known)
    return made.filter(pa.array(told))


def _fulfilled(pipeline: Pipeline, rule: Rule, events: Any) -> NDArray[np.bool_]:
    when, kinds = parse(rule.when), pipeline.resolved.kinds
    columns = {name: kernel_column(events[name], kinds[name]) for name in when.names}
    found = np.asarray(when.evaluate(columns, len(events)), np.float64)
    return np.asarray(found > 0)


def _followed(keys: Any, times: Ints, fulfils: NDArray[np.bool_]) -> Ints:
    """When the next event of the same key was, later than each, that fulfils the rule."""
    distinct, ranks = np.unique(times, return_inverse=True)
    codes = integers(whole(keys).dictionary_encode().indices)
    places = codes * len(distinct) + ranks
    fulfilling = np.append(np.sort(places[fulfils]), _NEVER)
    following = fulfilling[np.searchsorted(fulfilling, places, side="right")]
    of_same = following // max(len(distinct), 1) == codes
    found = np.full(len(times), _NEVER)
    found[of_same] = distinct[following[of_same] % len(distinct)]
    return found


def _labels(pipeline: Pipeline, events: Any, is_positive: NDArray[np.bool_], known: Ints) -> Any:
    label, view = pipeline.label, pipeline.resolved
    defaults, types = defaults_of(view.label_schema), no_rows(view.label_types).schema
    columns = {
        name: events[name]
        if name in view.event_types
        else constant(defaults.get(name), len(events)).cast(types.field(name).type)
        for name in view.label_types
    }
    columns[label.id or pipeline.event.id] = events[pipeline.event.id]
    columns[label.known.time] = pa.array(known).cast(events[pipeline.event.time.field].type)
    columns[label.target.field] = pa.array(is_positive == (label.target.positive is True))
    return pa.table(columns)
