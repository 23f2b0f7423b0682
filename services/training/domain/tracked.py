"""A finished run as trackers of experiments hold it: names with parameters and measures."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.training.domain.history import Value

_NOT_IN_A_NAME = re.compile(r"[^\w ./-]")
_OF_TRIALS = "validation"
_OF_THE_START = ("trigger", "alert_id", "request_id", "champion", "dataset_id", "rows", "positives", "reason")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number; step: of a series, its place."""

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True, slots=True)
class Tracked:
    """A run. name: the version it made, else its id. params, tags: texts by name."""

    run_id: str
    name: str
    failed: bool
    params: Mapping[str, str]
    tags: Mapping[str, str]
    measures: tuple[Measure, ...]

    @property
    def numbers(self) -> Mapping[str, float]:
        """The measures by name, without the trials."""
        return {one.name: one.value for one in self.measures if one.name != _OF_TRIALS}


def tracked(started: Value, finished: Value, report: Mapping[str, Any], manifest: Mapping[str, Any] | None) -> Tracked:
    """The run of a RunStarted and a RunFinished. report: of the latter. manifest: of its version, if it has one."""
    made = {} if manifest is None else _texts(_made(manifest))
    return Tracked(
        run_id=finished["run_id"],
        name=finished["version"] or finished["run_id"],
        failed=finished["outcome"] == "failed",
        params=of_start(started) | made,
        tags={"driftmill.outcome": finished["outcome"], "driftmill.reason": finished["reason"]},
        measures=(*_findings(report.get("measured") or {}), *_trials(report.get("trials") or ())),
    )


def of_start(started: Value) -> dict[str, str]:
    """Parameters that a RunStarted tells."""
    return _texts({name: started[name] for name in _OF_THE_START} | {"clock": moment(started["clock"])})


def moment(time: int) -> str:
    """A time in microseconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(time / 1e6, UTC).isoformat()


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _made(manifest: Mapping[str, Any]) -> dict[str, Any]:
    learner = manifest["learner"]
    settings = {f"learner.{name}": value for name, value in learner["settings"].items()}
    said = {name: learner[name] for name in ("family", "history", "calibrate") if name in learner}
    names = ("seed", "threshold", "feature_set", "pipeline_digest", "model_digest")
    span = {name: moment(manifest[name]) for name in ("trained_from", "trained_through")}
    return settings | {f"learner.{name}": value for name, value in said.items()} | _some(manifest, names) | span


def _some(manifest: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: manifest[name] for name in names}


def _findings(measured: Mapping[str, Any]) -> Iterator[Measure]:
    """`roc_auc` of the model, `baseline.roc_auc`, `roc_auc.over.champion`, `recall.country.FR`; each of them with the
    ends of its interval. What is measured in several ways counts as it stands first."""
    seen = set[str]()
    for one in measured.get("findings", ()):
        name = _NOT_IN_A_NAME.sub("_", _named(one))
        if name not in seen:
            seen.add(name)
            ends = ("", "value"), (".low", "low"), (".high", "high")
            yield from (Measure(name + end, one[key]) for end, key in ends if _is_number(one[key]))


def _named(one: Mapping[str, Any]) -> str:
    who = "" if one["who"] == "model" else f"{one['who']}."
    against = f".over.{one['against']}" if one["against"] else ""
    group = f".{one['by']}.{one['group'] or 'between'}" if "by" in one else ""
    return f"{who}{one['metric']}{against}{group}"


def _trials(trials: Any) -> Iterator[Measure]:
    """What the configurations came to on the validation rows, in the order in which they were tried."""
    for step, trial in enumerate(trials):
        if _is_number(trial["value"]):
            yield Measure(_OF_TRIALS, trial["value"], step)


def _is_number(value: Any) -> bool:
    return value is not None and math.isfinite(value)
