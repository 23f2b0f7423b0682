from typing import Any

from services.cli.domain.dataset_report import report
from tests.unit.contracts.test_datasets import told

DAY = 86_400_000_000
NUMBER: dict[str, Any] = {
    "name": "amount",
    "type": "number",
    "input": True,
    "digest": "d",
    "rows": 200,
    "missing": 20,
    "distinct": 7,
    "minimum": 1.0,
    "mean": 3.25,
    "deviation": 1.5,
    "maximum": 9.0,
    "correlation": -0.125,
    "quantiles": {"0.01": 1.0, "0.5": 3.0, "0.99": 8.0},
    "top": [{"value": 3.0, "rows": 50}],
    "bins": [17217, 17233],
    "bin_counts": [100, 80],
    "categories": {},
}
CATEGORY = NUMBER | {
    "name": "kind",
    "type": "category",
    "input": False,
    "missing": 0,
    "quantiles": {},
    "top": [{"value": "a|b`c", "rows": 150}],
    **dict.fromkeys(("minimum", "mean", "deviation", "maximum", "correlation")),
    "bins": [],
    "bin_counts": [],
    "categories": {"a|b`c": 150, "x": 50},
}
PROFILE: dict[str, Any] = {
    "dataset_id": "abd2",
    "rows": 200,
    "positives": 30,
    "from_time": 0,
    "through_time": 3 * DAY,
    "label": [{"from_time": 0, "rows": 120, "positives": 30}, {"from_time": DAY, "rows": 80, "positives": 0}],
    "columns": [NUMBER, CATEGORY],
    "pairs": [{"one": "amount", "other": "age", "correlation": 0.75}],
    "findings": [],
}
QUANTILES = {"0.05": 1.0, "0.25": 2.0, "0.5": 3.0, "0.75": 5.0, "0.95": 8.0}
OF_NUMBERS = PROFILE | {
    "positives": None,
    "label": [
        {"from_time": 0, "rows": 120, "mean": 3.25, "quantiles": QUANTILES},
        {"from_time": DAY, "rows": 0},
        {"from_time": 2 * DAY, "rows": 80, "mean": 9.5, "quantiles": QUANTILES | {"0.95": 9.0}},
    ],
    "spread": NUMBER | {"name": "label"},
}
LAST = PROFILE | {"dataset_id": "abc1", "rows": 100, "positives": 10}
MOVED = {"amount": 0.3, "kind": 0.01}


def text(profile: dict[str, Any] = PROFILE, last: dict[str, Any] | None = LAST, moved: Any = None) -> str:
    return report("shop", told()[1], profile, last, MOVED if moved is None else moved)


def test_it_tells_what_names_the_dataset_who_learnt_from_it_and_what_it_holds() -> None:
    made = text()
    for part in (
        "# shop dataset abd2\n",
        "- features `f1`, label policy `l1`",
        "- events from 1970-01-01 00:00 to 1970-01-04 00:00",
        "- run `r2`: failed\n- run `r3`: candidate, v3",
        "| 0 | 0 | 2 | 1 |",
        "None was found.",
        "200 rows, 30 of them positive: 15.00%.\nThe last dataset, `abc1`, had 100, 10.00% of them positive.",
        "| `amount` | 0.3 |",
        "1 of 2 columns are stable.",
        "| `amount` | number | 200 | 10.0% | 7 | 1 | 3.25 | 1.5 | 9 | -0.125 |",
        "| (`kind`) | category | 200 | 0.0% | 7 | – | – | – | – | – |",
        "| column | 0.01 | 0.5 | 0.99 |",
        "| `amount` | 1 | 3 | 8 |",
        "| `amount` | 3 25.0% |",
        "| (`kind`) | `a\\|b'c` 75.0% |",
        "| `amount` | `age` | 0.75 |",
    ):
        assert part in made, part
    assert made == text()


def test_leaks_are_told_before_all_else() -> None:
    findings = [
        {"is_leak": True, "message": "refund alone tells the label."},
        {"is_leak": False, "message": "Too few rows."},
    ]
    made = text(PROFILE | {"findings": findings})
    assert "- **leak:** refund alone tells the label.\n- **warning:** Too few rows." in made
    assert made.index("## Leaks") < made.index("## Label")


def test_labels_that_are_numbers_are_told_by_their_spread_beside_that_of_the_last() -> None:
    last = OF_NUMBERS | {"dataset_id": "abc1", "rows": 100, "spread": OF_NUMBERS["spread"] | {"mean": 7.5}}
    made = text(OF_NUMBERS, last)
    assert "| dataset | rows | min | 0.01 | 0.5 | 0.99 | max | mean | deviation |" in made
    assert "| `abd2` | 200 | 1 | 1 | 3 | 8 | 9 | 3.25 | 1.5 |\n| `abc1` | 100 | 1 | 1 | 3 | 8 | 9 | 7.5 | 1.5 |" in made
    assert "positive" not in made
    none = OF_NUMBERS["spread"] | {"quantiles": {}, **dict.fromkeys(("minimum", "maximum", "mean", "deviation"))}
    assert "| `abd2` | 0 | – | – | – | – |" in text(OF_NUMBERS | {"rows": 0, "label": [], "spread": none}, None)


def test_without_a_last_dataset_or_new_rows_nothing_is_compared() -> None:
    assert "There is no earlier dataset that has a profile." in text(last=None, moved={})
    assert "It has no new rows." in text(moved={})


def test_a_dataset_without_rows_has_a_report_too() -> None:
    columns = [one | {"rows": 0, "top": [], "quantiles": {}} for one in (NUMBER, CATEGORY)]
    none = PROFILE | {"rows": 0, "positives": 0, "from_time": None, "through_time": None, "label": [], "pairs": []}
    assert "0 rows, 0 of them positive: –." in text(none | {"columns": columns})
