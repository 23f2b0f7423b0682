"""Files of events have the labels that validation would have given them."""

import random
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from services.chassis.settings import ChassisSettings
from services.contracts.pipeline import Pipeline
from services.lake.adapters.ruled import labels_by_rule
from services.lake.programs import Order, label
from services.training.adapters.dataset import everything, read_outcomes
from tests.platform import pipeline_named
from tests.unit.lake.test_labelled import EVENTS, HOUR, START
from tests.unit.validation import labelled, scene
from tests.unit.validation.scene import MINUTE, bought

RULED = "label: {rule: {when: amount > 5.5, within: 2h}, "


def told(events: list[dict[str, object]]) -> dict[str, tuple[float, int]]:
    """Label and when it was known, by event."""
    pipeline = labelled.pipeline()
    assert pipeline.label.rule is not None
    made = labels_by_rule(pipeline, pipeline.label.rule, pa.Table.from_pylist(events))
    assert made.column_names == ["id", "who", "bad", "known_at", "source", "amount"]
    return {row["id"]: (float(row["bad"]), row["known_at"]) for row in made.to_pylist()}


@pytest.mark.parametrize("seed", range(5))
def test_they_are_those_of_the_plain_rule(seed: int) -> None:
    chance = random.Random(seed)
    times = sorted(scene.START + chance.randrange(400) * MINUTE for _ in range(200))
    events = [
        bought(number, at=at, who=chance.choice("abcdef"), amount=chance.choice([10.0, 10.0, 600.0]))
        for number, at in enumerate(times)
    ]
    found = told(events)
    assert found == labelled.plainly(events, times[-3])
    assert {value for value, _ in found.values()} == {0.0, 1.0}


def test_where_nothing_fulfils_the_rule_or_nothing_is_there_all_is_well() -> None:
    assert told([bought(0), bought(1), *(bought(number) for number in (90, 91, 92))]).keys() == {"e0", "e1"}
    assert told([bought(0), bought(1, amount=600.0)]) == {"e0": (1.0, scene.START + MINUTE)}
    pipeline = labelled.pipeline()
    assert pipeline.label.rule is not None
    none = pa.Table.from_pylist([bought(0)]).slice(0, 0)
    assert len(labels_by_rule(pipeline, pipeline.label.rule, none)) == 0


def ruled(folder: Path) -> Path:
    """The small pipeline with a rule, written down."""
    texts = dict(pipeline_named("small").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label: {", RULED, 1)
    Pipeline.from_texts(texts)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def test_rows_have_them_and_no_feature_knows_them_sooner(tmp_path: Path) -> None:
    """o1 and o3 come from one shop two hours apart, o3 and o4 one hour; o3 and o4 fulfil the rule."""
    EVENTS.to_parquet(tmp_path / "events.parquet")
    settings = ChassisSettings(pipeline="small", home=tmp_path)
    label(settings, Order(ruled(tmp_path), tmp_path / "events.parquet"), lambda line: None)
    found = read_outcomes(settings.store_url, "small", everything(settings.store_url, "small"))
    assert found["label"].fillna(-1).tolist() == [1, -1, 1, -1]
    assert found["label_time"][[0, 2]].tolist() == [START + 2 * HOUR, START + 3 * HOUR]
    view = pipeline_named("small").resolved
    numbers = np.frombuffer(b"".join(found["numbers"]), "<f4").reshape(4, -1)
    # what o3 says of o1 is known after o3
    assert np.nan_to_num(numbers[:, view.numbers.index("shop.back.last")], nan=-1).tolist() == [-1, -1, -1, 1]


def test_a_file_of_labels_is_refused(tmp_path: Path) -> None:
    for name in ("events.parquet", "labels.parquet"):
        pd.DataFrame(EVENTS).to_parquet(tmp_path / name)
    order = Order(ruled(tmp_path), tmp_path / "events.parquet", tmp_path / "labels.parquet")
    with pytest.raises(ValueError, match=r"labels.parquet: with label\.rule the labels follow from the events"):
        label(ChassisSettings(pipeline="small", home=tmp_path), order, lambda line: None)
