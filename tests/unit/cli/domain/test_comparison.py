"""Experiments side by side."""

from typing import Any

from services.cli.domain.comparison import listed, side_by_side


def finding(metric: str, who: str, value: float, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "who": who, "against": "", "value": value} | more


def measured(*findings: dict[str, Any], rows: int = 800) -> dict[str, Any]:
    return {"holdout_from": 1, "holdout_through": 9, "rows": rows, "findings": list(findings)}


HERE = measured(
    finding("roc_auc", "model", 0.83),
    finding("roc_auc", "champion", 0.8),
    finding("roc_auc", "model", 0.03, against="champion"),
    finding("recall", "model", 0.1, by="country", group="FR"),
)
THERE = measured(finding("roc_auc", "model", 0.81), finding("roc_auc", "baseline", 0.5))


def made(report: dict[str, Any], beside: str | None = "v3", recorded: Any = None) -> Any:
    return {
        "experiment": "abc",
        "assignments": ["model.learners=[forest]"],
        "pipeline_digest": "0123456789abcdef",
        "dataset": {"dataset_id": "d1", "rows": 900},
        "beside": beside,
        "recorded": recorded,
        "outcome": "learnt",
        "report": report,
    }


def test_a_version_stands_beside_it_as_it_was_recorded_on_the_same_rows() -> None:
    assert side_by_side(made({"measured": HERE}, recorded=THERE)) == [
        {"metric": "roc_auc", "experiment": 0.83, "v3": 0.81}
    ]
    elsewhere = THERE | {"rows": 799}
    assert side_by_side(made({"measured": HERE}, recorded=elsewhere))[0]["v3"] is None


def test_the_champion_stands_beside_it_as_it_was_measured_with_it() -> None:
    assert side_by_side(made({"measured": HERE})) == [{"metric": "roc_auc", "experiment": 0.83, "v3": 0.8}]
    assert side_by_side(made({"measured": HERE}, beside=None)) == [{"metric": "roc_auc", "experiment": 0.83}]


def test_a_list_has_a_column_for_each_metric_of_any() -> None:
    first = made({"measured": HERE, "learner": {"family": "forest"}}, recorded=THERE)
    failed = made({"rows": 3}) | {"outcome": "not_enough", "assignments": []}
    assert listed([first, failed]) == [
        {
            "experiment": "abc",
            "set": "model.learners=[forest]",
            "configuration": "0123456789ab",
            "dataset": "d1",
            "rows": 900,
            "outcome": "learnt",
            "learner": "forest",
            "roc_auc": "0.83 (v3: 0.81)",
        },
        {
            "experiment": "abc",
            "set": None,
            "configuration": "0123456789ab",
            "dataset": "d1",
            "rows": 900,
            "outcome": "not_enough",
            "learner": None,
            "roc_auc": None,
        },
    ]
