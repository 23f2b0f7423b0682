from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.contracts.manifest import canonical
from services.contracts.profile import FieldProfile
from services.training.domain.cohort import Rows
from services.training.domain.dataset_profile import profile
from tests.unit.training.rows import CATEGORIES, DAY, NUMBERS, hourly_rows, made_rows

ROWS = made_rows()
DIGESTS = dict.fromkeys((*NUMBERS, *CATEGORIES), "d")


def column(name: str, rows: Rows = ROWS) -> dict[str, Any]:
    (found,) = [one for one in profile(rows, DIGESTS)["columns"] if one["name"] == name]
    return dict(found)


def test_a_number_has_its_measures() -> None:
    values = ROWS.inputs["amount"].to_numpy(np.float64)
    there = values[~np.isnan(values)]
    found = column("amount")
    assert (found["type"], found["input"], found["rows"]) == ("number", True, len(ROWS))
    assert found["missing"] == len(values) - len(there)
    assert (found["minimum"], found["maximum"]) == (there.min(), there.max())
    assert found["mean"] == pytest.approx(there.mean())
    assert found["deviation"] == pytest.approx(there.std())
    assert found["quantiles"]["0.95"] == pytest.approx(np.quantile(there, 0.95))
    assert found["distinct"] == len(np.unique(there))
    assert sum(found["bin_counts"]) == len(there)


def test_the_most_frequent_values_come_first() -> None:
    country = ROWS.inputs["country"].to_numpy(object)
    country[:100] = ""
    rows = replace(
        ROWS, inputs=ROWS.inputs.assign(country=country, amount=np.where(np.arange(len(ROWS)) % 3, 7.0, 2.5))
    )
    found = column("country", rows)
    assert (found["type"], found["missing"], found["distinct"]) == ("category", 100, 3)
    assert [one["rows"] for one in found["top"]] == sorted((one["rows"] for one in found["top"]), reverse=True)
    assert sum(one["rows"] for one in found["top"]) == len(ROWS) - 100
    assert column("amount", rows)["top"] == [{"value": 7.0, "rows": 2_400}, {"value": 2.5, "rows": 1_200}]


def test_batches_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = profile(ROWS, DIGESTS)
    monkeypatch.setattr("services.training.domain.dataset_profile._BATCH", 7)
    assert profile(ROWS, DIGESTS) == whole
    values = FieldProfile("amount")
    values.update_numbers(ROWS.inputs["amount"].to_numpy())
    assert column("amount")["bins"] == values.to_record()["bins"]


def test_the_label_is_counted_by_stretches_of_time() -> None:
    found = profile(ROWS, DIGESTS)
    assert (found["rows"], found["positives"]) == (len(ROWS), ROWS.positives)
    assert (found["from_time"], found["through_time"]) == (ROWS.event_time[0], ROWS.event_time[-1])
    assert len(found["label"]) == 40
    assert sum(one["rows"] for one in found["label"]) == len(ROWS)
    second = found["label"][1]
    inside = (ROWS.event_time >= second["from_time"]) & (ROWS.event_time < found["label"][2]["from_time"])
    assert (second["rows"], second["positives"]) == (inside.sum(), ROWS.label[inside].sum())


def test_the_same_rows_give_the_same_bytes() -> None:
    assert canonical(profile(made_rows(), DIGESTS)) == canonical(profile(ROWS, DIGESTS))


def test_columns_that_only_travel_are_told_apart() -> None:
    assert not column("amount", ROWS.learnt_from(("country",)))["input"]


def test_no_row_and_columns_without_a_value_have_a_profile_too() -> None:
    empty = profile(ROWS.take(np.zeros(len(ROWS), bool)), DIGESTS)
    assert (empty["rows"], empty["from_time"], empty["label"]) == (0, None, [])
    assert [one["top"] for one in empty["columns"]] == [[], [], []]
    gone = replace(ROWS, inputs=ROWS.inputs.assign(amount=np.full(len(ROWS), np.nan, np.float32), country=""))
    for name in ("amount", "country"):
        found = column(name, gone)
        assert (found["missing"], found["distinct"], found["mean"], found["top"]) == (len(ROWS), 0, None, [])
    one = profile(ROWS.take(np.array([0])), DIGESTS)
    assert one["label"] == [{"from_time": int(ROWS.event_time[0]), "rows": 1, "positives": int(ROWS.label[0])}]
    assert canonical(empty)
    assert canonical(profile(gone, DIGESTS))


def test_what_is_wrong_is_part_of_it() -> None:
    leak = replace(ROWS, label_time=ROWS.event_time - DAY)
    assert [one["kind"] for one in profile(leak, DIGESTS)["findings"]] == ["known_early"]
    assert profile(ROWS, DIGESTS)["findings"] == []


def test_of_numbers_nothing_is_positive() -> None:
    rows = hourly_rows()
    found = profile(rows, {str(name): "d" for name in rows.inputs})
    assert found["positives"] is None
    assert sum(one["rows"] for one in found["label"]) == len(rows)
    assert [one for one in found["label"] if "positives" in one] == []
    second = found["label"][1]
    inside = (rows.event_time >= second["from_time"]) & (rows.event_time < found["label"][2]["from_time"])
    assert second["mean"] == pytest.approx(rows.label[inside].mean())
    assert second["quantiles"]["0.95"] == pytest.approx(np.quantile(rows.label[inside], 0.95))
    assert found["spread"]["deviation"] == pytest.approx(rows.label.std())
    assert found["spread"]["quantiles"]["0.5"] == pytest.approx(np.median(rows.label))
    assert [one for one in found["findings"] if one["is_leak"]] == []


def test_a_stretch_without_numbers_has_no_mean() -> None:
    rows = hourly_rows()
    found = profile(rows.take(np.array([0, 1, len(rows) - 1])), {str(name): "d" for name in rows.inputs})
    assert found["label"][1] == {"from_time": found["label"][1]["from_time"], "rows": 0}
    assert [one["rows"] for one in found["label"] if "mean" in one] == [2, 1]
    assert canonical(found)
