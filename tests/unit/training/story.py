"""Facts of a small pipeline's life, as the topics tell them."""

from typing import Any

from services.contracts.pipeline import Pipeline
from services.training.domain.history import History
from tests.platform import SMALL

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_700_000_000_000_000


def pipeline(**replaced: str) -> Pipeline:
    """The small pipeline, texts of its file replaced: `replaced` maps a key's line beginning to the whole new line."""
    texts = {path.name: path.read_text() for path in SMALL.iterdir()}
    lines = texts["pipeline.yaml"].splitlines()
    for key, line in replaced.items():
        lines = [line if old.startswith(f"{key}:") else old for old in lines]
    return Pipeline.from_texts(texts | {"pipeline.yaml": "\n".join(lines) + "\n"})


def dataset(day: float, rows: int, positives: int, delay: float = 0.1) -> tuple[str, dict[str, Any]]:
    """A DatasetExtended at a day of the pipeline's clock; events mature after `delay` days."""
    clock = START + int(day * DAY)
    value = {
        "dataset_id": f"d{day:g}",
        "clock": clock,
        "feature_set": "f",
        "label_policy": "l",
        "ranges": [],
        "rows": rows,
        "positives": positives,
        "matured_time": clock - int(delay * DAY),
    }
    return "driftmill.DatasetExtended", value


def alert(alert_id: str, day: float, change: float | None, kind: str = "quality") -> tuple[str, dict[str, Any]]:
    """An AlertRaised."""
    value = {
        "alert_id": alert_id,
        "kind": kind,
        "name": "brier",
        "version": "v1",
        "clock": START + int(day * DAY),
        "value": 1.0,
        "threshold": 0.5,
        "change_point": None if change is None else START + int(change * DAY),
        "change_low": None,
        "change_high": None,
        "message": "brier rose",
    }
    return "driftmill.AlertRaised", value


def cleared(alert_id: str, reason: str = "superseded") -> tuple[str, dict[str, Any]]:
    """An AlertCleared."""
    return "driftmill.AlertCleared", {"alert_id": alert_id, "clock": START, "reason": reason}


def request(request_id: str, policy: bool = False) -> tuple[str, dict[str, Any]]:
    """A RetrainRequested."""
    value = {"request_id": request_id, "by": "ann", "reason": "a try", "policy": policy}
    return "driftmill.RetrainRequested", value


def finished(run_id: str, day: float, outcome: str = "candidate") -> tuple[str, dict[str, Any]]:
    """A RunFinished."""
    value = {"run_id": run_id, "clock": START + int(day * DAY), "outcome": outcome, "version": "v1"}
    return "driftmill.RunFinished", value | {"reason": "", "report": b"{}", "features": "", "model": ""}


def told(*facts: tuple[str, dict[str, Any]]) -> History:
    """The history after some facts."""
    return History().after(list(facts))
