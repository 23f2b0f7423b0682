"""Files of events and labels become the rows that would be learnt from."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.chassis.settings import ChassisSettings
from services.contracts.pipeline import Pipeline
from services.lake.programs import Order, label
from services.training.adapters.dataset import everything, read_outcomes
from tests.platform import SMALL, pipeline_named

HOUR = 3_600_000_000
START = 1_700_000_000_000_000 // HOUR * HOUR
EVENTS = pd.DataFrame(
    {
        "order_id": ["o1", "o2", "o3", "o4"],
        "at": [START + hour * HOUR for hour in (0, 1, 2, 3)],
        "shop": ["s1", "s2", "s1", "s1"],
        "amount": [4.0, 5.0, 6.0, 7.0],
        "kind": ["a", "b", "a", "c"],
    }
)
LABELS = pd.DataFrame(
    {
        "order_id": ["o1", "o3", "o1", "o9"],
        "shop": ["s1", "s1", "s1", "s1"],
        "returned": [True, False, False, True],
        "known_at": [START + hour * HOUR for hour in (1, 5, 6, 7)],
    }
)


def written(tmp_path: Path, directory: Path, labels: pd.DataFrame = LABELS) -> Any:
    """What training reads of the files."""
    EVENTS.to_parquet(tmp_path / "events.parquet")
    labels[labels["order_id"] != "o9"].to_parquet(tmp_path / "labels.parquet")
    settings = ChassisSettings(pipeline="small", home=tmp_path)
    order = Order(directory, tmp_path / "events.parquet", tmp_path / "labels.parquet")
    assert label(settings, order, lambda line: None)["rows"] == 4
    return read_outcomes(settings.store_url, "small", everything(settings.store_url, "small"))


def test_each_event_has_its_features_key_and_first_label(tmp_path: Path) -> None:
    found, view = written(tmp_path, SMALL), pipeline_named("small").resolved
    assert found["event_id"].tolist() == ["o1", "o2", "o3", "o4"]
    assert found["key"].tolist() == ["s1", "s2", "s1", "s1"]
    assert found["event_time"].tolist() == EVENTS["at"].tolist()
    assert found["label"].fillna(-1).tolist() == [1, -1, 0, -1]
    assert found["label_time"][[0, 2]].tolist() == [START + HOUR, START + 5 * HOUR]
    assert found["feature_set"].unique().tolist() == [view.feature_set]
    numbers = np.frombuffer(b"".join(found["numbers"]), "<f4").reshape(4, -1)
    amount, last = (view.numbers.index(name) for name in ("amount", "shop.back.last"))
    assert numbers[:, amount].tolist() == [4.0, 5.0, 6.0, 7.0]
    assert np.nan_to_num(numbers[:, last], nan=-1).tolist() == [-1, -1, 1, 1]
    assert [list(one) for one in found["categories"]] == [["a"], ["b"], ["a"], ["c"]]


def test_silence_means_what_the_pipeline_says(tmp_path: Path) -> None:
    texts = dict(pipeline_named("small").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("maturity: 6h", "maturity: 6h, silence: negative")
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert Pipeline.from_texts(texts).label.known.silence == "negative"
    found = written(tmp_path, tmp_path)
    assert found["label"].tolist() == [1, 0, 0, 0]
    assert found["label_time"][1] == START + 7 * HOUR


def test_labels_that_do_not_fit_are_told(tmp_path: Path) -> None:
    EVENTS.to_parquet(tmp_path / "events.parquet")
    LABELS.drop(columns="returned").to_parquet(tmp_path / "labels.parquet")
    order = Order(SMALL, tmp_path / "events.parquet", tmp_path / "labels.parquet")
    with pytest.raises(ValueError, match="needs returned"):
        label(ChassisSettings(pipeline="small", home=tmp_path), order, lambda line: None)


@pytest.mark.parametrize(("type_", "classes"), [("string", ["kept", "sent back", "lost"]), ("int", [7, 8, 9])])
def test_of_several_classes_a_label_is_the_number_of_its_class(tmp_path: Path, type_: str, classes: list[Any]) -> None:
    texts = dict(pipeline_named("small").texts)
    target = f"kind: multiclass, classes: {classes}".replace("'", '"')
    for old, new in (
        ("prior: 0.3", target),
        (", back: {of: labels, value: returned, agg: [mean, last], windows: 1d}", ""),
        ("optimise: roc_auc", "optimise: log_loss"),
        ("metric: roc_auc", "metric: log_loss"),
        ("positives: 50", "rows: 50"),
    ):
        assert old in texts["pipeline.yaml"]
        texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(old, new)
    texts["label.avsc"] = texts["label.avsc"].replace('"boolean"', f'"{type_}"')
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    labels = LABELS.assign(returned=[classes[2], classes[1], classes[0], classes[0]])
    assert written(tmp_path, tmp_path, labels)["label"].fillna(-1).tolist() == [2, -1, 1, -1]
