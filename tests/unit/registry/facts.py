"""A signed manifest with all that training writes, and a verdict on it."""

from typing import Any

from services.contracts.pipeline import Pipeline
from services.registry.domain.acceptance import Criterion, Verdict
from services.registry.domain.card import card
from services.registry.domain.operation import Operation
from tests.unit.contracts.test_manifest import manifest

DAY = 86_400_000_000
ESTIMATE = {"value": 0.91234, "low": 0.9, "high": None, "error": None, "blocks": 7, "rows": 800}
HOLDS = Criterion("roc_auc above champion", True, 0.02, 0.0, 0.01, 0.03, 800, "roc_auc above champion: holds")
FAILS = Criterion("recall at least 0.5", False, 0.4, 0.5, None, None, 800, "recall at least 0.5: fails, 0.4000")
GRAPH = (
    Operation("Concat", ("amount", "country"), ("joined",)),
    Operation("LinearClassifier", ("joined",), ("label", "probability"), size="2 coefficients"),
)


def facts(**changes: Any) -> Any:
    """The manifest, with some of it changed."""
    found = {"metric": "roc_auc", "who": "model", "against": "champion", "confidence": 0.95} | ESTIMATE | {"high": 0.92}
    measured = {
        "rows": 800,
        "positives": 90,
        "holdout_from": 20 * DAY,
        "holdout_through": 27 * DAY,
        "champion": "v0",
        "unseen": 640,
        "findings": [found],
    }
    losses = [{"input": "country"} | ESTIMATE | {"low": None}, {"input": "amount"} | ESTIMATE | {"high": 0.95}]
    ranges = [{"partition": 0, "from_offset": 0, "to_offset": 900, "matured_seq": 850}]
    more: dict[str, Any] = {
        "dataset": {"dataset_id": "d1", "rows": 12_000, "positives": 1_100, "clock": 28 * DAY, "ranges": ranges},
        "trained_through": 27 * DAY,
        "trials": [{"family": "logistic", "settings": {"C": 0.1}, "value": None}],
        "measured": measured,
        "importance": losses,
        "robustness": [
            {"input": "amount", "value": 0.7, "loss": 0.21},
            {"input": "country", "value": None, "loss": None},
        ],
        "parity": {"distance": 1e-7, "hostile_distance": 0.0},
    }
    return dict(manifest()) | more | changes


def of(pipeline: Pipeline, **changes: Any) -> str:
    """The card of it, accepted."""
    return card(facts(**changes), pipeline, GRAPH, Verdict(True, (HOLDS,)), {})


def of_numbers(**changes: Any) -> Any:
    """The manifest of a model that predicts numbers."""
    tenths = [
        {"bin": 0, "rows": 40, "score": 12.5, "label": 14.0, "mae": 3.25},
        {"bin": 1, "rows": 40, "score": 80.0, "label": 79.0, "mae": 9.0},
    ]
    more = {
        "positives": 0,
        "confusion": {},
        "reliability": tenths,
        "residuals": {"mean": 1.5, "p05": -20.0, "p95": 31.25},
    }
    interval = {"coverage": 0.9, "half_width": 61.25}
    told = facts(threshold=None, unit=180.5, interval=interval, measured=facts()["measured"] | more)
    return told | changes
