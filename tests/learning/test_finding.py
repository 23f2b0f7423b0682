"""Planted leaks of each kind are found and named; rows without any raise none, real streams among them."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.training.domain.cohort import Rows
from services.training.domain.finding import findings
from services.training.domain.split import Split, SplitRule, split
from tests.unit.training.rows import DAY, HOUR, made_rows

ROWS = replace(made_rows(), entity=np.array([f"c{n % 40}" for n in range(3_600)], object))


def with_number(name: str, values: Any, rows: Rows = ROWS) -> Rows:
    inputs = rows.inputs.assign(**{name: values.astype(np.float32)})
    return replace(rows, inputs=inputs, numbers=(*rows.numbers, name))


def leaks_of(rows: Rows) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in findings(rows) if one.is_leak]


def test_clean_rows_raise_none() -> None:
    assert findings(ROWS) == ()


def test_an_input_that_is_the_label_is_named_with_its_number_and_what_to_do() -> None:
    (found,) = findings(with_number("refund", ROWS.label * 2.0))
    assert (found.kind, found.subject, found.value, found.is_leak) == ("tells_label", "refund", 1.0, True)
    assert "refund alone tells the label almost without fail: ROC AUC 1.0000" in found.message
    assert "take it out of model.inputs" in found.message
    assert found.to_dict()["subject"] == "refund"


def test_an_expression_of_two_inputs_is_named() -> None:
    limit = np.random.default_rng(6).normal(size=len(ROWS))
    spent = limit + np.where(ROWS.label == 1, 0.2, -0.2)
    rows = with_number("limit", limit, with_number("spent", spent))
    assert leaks_of(rows) == [("tells_label", "spent - limit")]


@pytest.mark.parametrize(("early", "is_leak"), [(200, True), (2, False)])
def test_labels_that_were_known_before_their_event_are_counted(early: int, is_leak: bool) -> None:
    known = ROWS.label_time.copy()
    known[:early] = ROWS.event_time[:early] - HOUR
    (found,) = findings(replace(ROWS, label_time=known))
    assert (found.kind, found.is_leak, found.value) == ("known_early", is_leak, early / 3_600)
    assert f"{early} of 3,600 labels were known before their event" in found.message


def test_inputs_that_name_rows_are_named() -> None:
    assert leaks_of(with_number("order", np.arange(len(ROWS)))) == [("names_rows", "order")]
    ids = np.array([f"o{n}" for n in range(len(ROWS))], object)
    rows = replace(ROWS, inputs=ROWS.inputs.assign(order=ids), categories=(*ROWS.categories, "order"))
    (found,) = findings(rows)
    assert "order has a value of its own in 100.0% of rows: it names them." in found.message


def test_entities_on_both_sides_are_counted_and_named() -> None:
    rule = SplitRule(holdout=14 * DAY, validation=7 * DAY, min_rows=200, min_positives=30)
    mixed, apart = split(ROWS, rule), split(ROWS, replace(rule, apart=True))
    assert isinstance(mixed, Split)
    assert isinstance(apart, Split)
    (found,) = findings(ROWS, mixed)
    assert (found.kind, found.value, found.is_leak) == ("both_sides", 40, True)
    assert "40 entities have rows that are learnt from and rows that measure: c0, c1, c10." in found.message
    assert findings(ROWS, apart) == ()


def test_columns_that_are_not_learnt_from_are_no_leak() -> None:
    rows = with_number("refund", ROWS.label * 2.0)
    assert findings(rows.learnt_from(("amount", "country"))) == ()


def test_too_few_rows_are_a_warning() -> None:
    (found,) = findings(ROWS.take(np.arange(60)))
    assert (found.kind, found.is_leak) == ("too_few", False)
    assert [one.kind for one in findings(ROWS.take(np.arange(0)))] == ["too_few"]


def real(
    folder: Path, name: str, numbers: tuple[str, ...], categories: tuple[str, ...] = ()
) -> list[tuple[str, bool, float]]:
    sys.path.insert(0, str(folder))
    try:
        import streams  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(folder))
    table = getattr(streams, name)()
    inputs = pd.DataFrame({one: table[one].to_numpy(np.float32) for one in numbers})
    for one in categories:
        inputs[one] = table[one].fillna("").astype(str).to_numpy(object)
    event, known = (
        table[f"{one}_time"].astype("datetime64[us]").astype(np.int64).to_numpy() for one in ("event", "label")
    )
    label, entity = table["label"].to_numpy(np.int8), table["entity"].astype(str).to_numpy(object)
    found = findings(Rows(event, known, label, inputs, numbers, categories, entity=entity))
    return [(one.subject, one.is_leak, one.value) for one in found]


ELEC2 = ("nswdemand", "vicprice", "vicdemand", "transfer")


def test_the_price_of_electricity_tells_whether_it_is_high_and_nothing_else_does(test_data: Path) -> None:
    assert real(test_data, "elec2", ELEC2) == []
    [(subject, is_leak, roc_auc)] = real(test_data, "elec2", (*ELEC2, "label_price"))
    assert (subject, is_leak) == ("label_price - its mean of the last 50", True)
    assert roc_auc > 0.995


def test_minutes_of_delay_tell_that_a_flight_is_late_and_nothing_else_does(test_data: Path) -> None:
    assert real(test_data, "hflights", ("Distance", "DayOfWeek"), ("entity", "TailNum", "Origin", "Dest")) == []
    [(subject, is_leak, _)] = real(test_data, "hflights", ("Distance", "label_minutes"))
    assert (subject, is_leak) == ("label_minutes", True)
