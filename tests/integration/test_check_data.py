"""`driftmill check --data` finds planted leaks in files of records and in the lake, and none where there are none."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from services.chassis.errors import Refused
from services.cli.main import main
from services.contracts.pipeline import load
from services.lake.programs import Order, label
from services.training.inspection import inspect
from services.training.settings import TrainingSettings
from tests.platform import ROOT, SMALL
from tests.unit.lake.test_labelled import HOUR, START

COUNT = 3_000
ELECTRICITY = ROOT / "pipelines" / "electricity"
Files = tuple[Path, Path]


def clean() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders of ten shops; dear ones come back more often."""
    chance = np.random.default_rng(5)
    at, shop = START + 60_000_000 * np.arange(COUNT), chance.choice([f"s{n}" for n in range(10)], COUNT)
    amount, ids = np.round(chance.gamma(2, 20, COUNT), 2), [f"o{n}" for n in range(COUNT)]
    returned = chance.random(COUNT) < 1 / (1 + np.exp(2 - amount / 30))
    events = {"order_id": ids, "at": at, "shop": shop, "amount": amount, "kind": chance.choice(["a", "b"], COUNT)}
    labels = {"order_id": ids, "shop": shop, "returned": returned, "known_at": at + 2 * HOUR}
    return pd.DataFrame(events), pd.DataFrame(labels)


def told(events: pd.DataFrame, labels: pd.DataFrame) -> None:
    """The amount is what is paid in the end: nothing for what was returned."""
    events["amount"] = np.where(labels["returned"], 0.0, events["amount"])


def early(events: pd.DataFrame, labels: pd.DataFrame) -> None:
    labels.loc[::10, "known_at"] = events["at"][::10] - HOUR


def counted(events: pd.DataFrame, labels: pd.DataFrame) -> None:
    events["amount"] = np.arange(COUNT) + 1.0


def named(events: pd.DataFrame, labels: pd.DataFrame) -> None:
    events["amount"] = np.random.default_rng(1).permutation(COUNT) + 1.0


def files(folder: Path, events: pd.DataFrame, labels: pd.DataFrame) -> Files:
    paths = folder / "events.parquet", folder / "labels.parquet"
    for path, table in zip(paths, (events, labels), strict=True):
        table.to_parquet(path)
    return paths


def lines(folder: Path, paths: Files, directory: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What the two programs behind the command say."""
    settings = TrainingSettings(pipeline=load(directory).name, home=folder)
    label(settings, Order(directory, *paths), lambda line: None)
    capsys.readouterr()
    inspect(settings, directory)
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("plant", "kind", "subject"),
    [
        (told, "tells_label", "amount"),
        (early, "known_early", "label"),
        (counted, "names_rows", "amount"),
        (named, "names_rows", "amount"),
    ],
)
def test_a_planted_leak_is_found(
    plant: Callable[[pd.DataFrame, pd.DataFrame], None],
    kind: str,
    subject: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    events, labels = clean()
    plant(events, labels)
    first, *_, last = lines(tmp_path, files(tmp_path, events, labels), SMALL, capsys)
    found = first["finding"]
    assert (found["kind"], found["subject"], found["is_leak"]) == (kind, subject, True)
    assert last["rows"] == COUNT


def test_clean_records_raise_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (only,) = lines(tmp_path, files(tmp_path, *clean()), SMALL, capsys)
    assert only["rows"] == COUNT


@pytest.mark.parametrize("leaks", [False, True])
def test_labels_that_are_numbers_are_looked_at_as_numbers(
    leaks: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events, labels = clean()
    paid, share = np.random.default_rng(2).random((2, COUNT))
    events["amount"], labels["returned"] = 50 + paid, paid * (1 if leaks else share)
    for path in SMALL.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("boolean", "double"))
    text = (tmp_path / "pipeline.yaml").read_text()
    for word, other in (("prior: 0.3", "kind: regression"), ("roc_auc", "mae"), (", min_positives: 20", "")):
        text = text.replace(word, other)
    (tmp_path / "pipeline.yaml").write_text(text.replace("positives: 50", "rows: 50"))
    *found, last = lines(tmp_path, files(tmp_path, events, labels), tmp_path, capsys)
    assert last == {"rows": COUNT, "positives": None}
    told = [one["finding"]["message"].partition(":")[0] for one in found]
    assert ("amount alone tells the label almost without fail" in told) is leaks


def electricity(folder: Path, test_data: Path, with_price: bool) -> tuple[Files, Path]:
    """The first half of the stream, and the pipeline; with the price of the half-hour among its inputs if asked."""
    spec = importlib.util.spec_from_file_location("electricity", ELECTRICITY / "source.py")
    assert spec is not None
    assert spec.loader is not None
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    events, labels = source.read(test_data / "elec2" / "elec2.csv.gz", seed=0, options={"events": "20000"})
    texts = {name: (ELECTRICITY / name).read_text() for name in ("pipeline.yaml", "event.avsc", "label.avsc")}
    if with_price:
        events["price"] = labels["price"]
        texts["event.avsc"] = texts["event.avsc"].replace(
            '"fields": [', '"fields": [{"name": "price", "type": "double", "doc": "Price."},', 1
        )
        texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("inputs: [nswdemand", "inputs: [price, nswdemand")
    for name, text in texts.items():
        (folder / name).write_text(text)
    return files(folder, events, labels), folder


@pytest.mark.parametrize("with_price", [False, True])
def test_the_price_of_electricity_is_found_beside_the_features_that_are_served(
    with_price: bool, tmp_path: Path, test_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *found, last = lines(tmp_path, *electricity(tmp_path, test_data, with_price), capsys)
    assert last["rows"] == 20_000
    if with_price:
        (leak,) = [one["finding"] for one in found]
        assert "price" in leak["subject"].replace("market.price", "")
        assert leak["value"] > 0.995
    else:
        assert found == []


def test_outcomes_of_other_features_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines(tmp_path, files(tmp_path, *clean()), SMALL, capsys)
    for path in SMALL.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("windows: 1h", "windows: 2h"))
    settings = TrainingSettings(pipeline="small", home=tmp_path)
    with pytest.raises(Refused, match=r"Of 3,000 outcomes .* none has a label and features as"):
        inspect(settings, tmp_path)
    with pytest.raises(Refused, match="has no outcomes of other"):
        inspect(TrainingSettings(pipeline="other", home=tmp_path), tmp_path)


def test_the_command_names_the_leak_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRIFTMILL_HOME", str(tmp_path / "home"))
    events, labels = clean()
    told(events, labels)
    paths = [str(path) for path in files(tmp_path, events, labels)]
    assert main(["check", str(SMALL), "--data", paths[0], "--labels", paths[1], "--json"]) == 1
    found = orjson.loads(capfd.readouterr().out)
    assert found["valid"]
    assert found["data"]["rows"] == COUNT
    assert found["data"]["findings"][0]["message"].startswith(
        "amount alone tells the label almost without fail: ROC AUC"
    )
    for words, what in (
        (["--labels", paths[1]], "--labels needs --data"),
        (["--data", paths[0]], "--data needs --labels"),
        (["--data", "lake", "--labels", paths[1]], "the lake has its own labels"),
        (["--data", "gone.csv", "--labels", paths[1]], "There is no file gone.csv"),
    ):
        assert main(["check", str(SMALL), *words]) == 2
        assert what in capfd.readouterr().err


def test_the_lake_is_looked_at_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRIFTMILL_HOME", str(tmp_path))
    settings = TrainingSettings(pipeline="small", home=tmp_path)
    label(settings, Order(SMALL, *files(tmp_path, *clean())), lambda line: None)
    assert main(["check", str(SMALL), "--data", "lake"]) == 0
    assert "3,000 labelled rows" in capfd.readouterr().out
