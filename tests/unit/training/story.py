"""Facts of a small pipeline's life, as the topics tell them."""

from typing import Any

from services.contracts.pipeline import Pipeline
from services.training.domain.history import History
from services.training.domain.next_run import Start, Wait
from services.training.domain.trigger import decide, started_value
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


Fact = tuple[str, dict[str, Any]]
PIPELINE = pipeline()
"""Hold-out 1 d, 200 rows, 20 positives; 1,000 new rows, or a quality alert with 50 positives in 2 d; cooldown 6 h."""


def after_a_run(*facts: Fact, outcome: str = "candidate", day: float = 5.0) -> History:
    """A history in which a run on 2,000 rows has ended, and what came then."""
    history = told(dataset(0.1, 40, 12), dataset(day, 2_000, 600))
    decision = decide(PIPELINE, history, champion=None)
    assert isinstance(decision, Start)
    begun = ("driftmill.RunStarted", started_value(PIPELINE, decision, history, None) | {"dataset": b""})
    return history.after([begun, finished(decision.run_id, day, outcome), *facts])


def told_of(waiting: Wait, alert_id: str) -> Fact:
    """The RunWaiting of a decision."""
    value = {"run_id": waiting.run_id, "trigger": "alert", "alert_id": alert_id, "have": waiting.have}
    return "driftmill.RunWaiting", value
