"""A version that answers on a broker, exported, and asked where there is none."""

import base64
import csv
import json
import subprocess
import sys
import uuid
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from services.broker.local import Endpoints
from services.chassis.store import Store
from services.contracts.pipeline import Pipeline
from tests.learning.test_rebuild import OF_NUMBERS
from tests.model import published
from tests.platform import ROOT, SMALL, Platform, pipeline_named

ROWS = 301
FOREIGN = (ROWS - 2, ROWS - 1)
"""Rows that nobody can answer."""
Value = dict[str, Any]
TOLD = ("status", "score", "label", "low", "high", "decided_class", "scores", "model", "policy")


def named(kind: str) -> Pipeline:
    name = f"t{uuid.uuid4().hex[:12]}"
    if kind == "multiclass":
        return pipeline_named(name, ROOT / "tests" / "pipelines" / "species")
    texts = dict(pipeline_named(name, SMALL).texts)
    if kind == "regression":
        for ours, others in OF_NUMBERS.items():
            texts["pipeline.yaml"] = texts["pipeline.yaml"].replace(ours, others)
        texts["label.avsc"] = texts["label.avsc"].replace("boolean", "double")
    return Pipeline.from_texts(texts)


def answered(endpoints: Endpoints, kind: str, home: Path) -> Platform:
    """A platform whose champion, of a task of this kind, has answered vectors."""
    made = Platform.create(endpoints, named(kind), home)
    model = published(made.pipeline, Store(made.settings.store_url), made.settings.home / "keys", "v1", 1)
    offer(made, model, "champion")
    made.publish("models", "driftmill.ModelPublished", [("champion", model)])
    made.start("inference")
    made.followed()
    made.publish("features", "driftmill.FeatureVector", vectors(made))
    made.drained("inference")
    return made


def offer(platform: Platform, model: Value, state: str, reason: str = "every criterion holds") -> None:
    """A version is proposed, and the registry has judged it so."""
    version = model["version"]
    platform.publish("candidates", "driftmill.CandidateProposed", [(version, {**model, "run_id": "r"})])
    moved = {"version": version, "from_state": "candidate", "to_state": state, "clock": 0, "run_id": "r"}
    moved |= {"by": "registry", "reason": reason, "criteria": [], "candidate": None}
    platform.publish("models.history", "driftmill.ModelMoved", [(version, moved)])


def vectors(platform: Platform) -> list[tuple[str, Value]]:
    """Of numbers small and great, missing and infinite, and of categories known and unknown; two of no known layout."""
    resolved, chance = platform.pipeline.resolved, np.random.default_rng(3)
    numbers = (chance.normal(size=(ROWS, len(resolved.numbers))) * 10.0 ** chance.integers(-3, 4, (ROWS, 1))).astype(
        "<f4"
    )
    numbers[::7, 0], numbers[::11, 1], numbers[::13, 1] = np.nan, np.inf, -np.inf
    texts = chance.choice(["a", "b", "", 'né,"w'], (ROWS, len(resolved.categories))).tolist()
    common = {"event_time": 1_700_000_000_000_000, "feature_set": resolved.feature_set, "error": None}
    return [
        (
            f"key{seq % 7}",
            common
            | {"seq": seq, "event_id": f"e{seq}", "categories": texts[seq]}
            | ({"numbers": numbers[seq].tobytes()} if seq not in FOREIGN else {"numbers": b"", "feature_set": "other"}),
        )
        for seq in range(ROWS)
    ]


def predictions(platform: Platform) -> list[Value]:
    found = [dict(one.value) for one in platform.read("predictions", "driftmill.Prediction")]
    return sorted(found, key=lambda one: int(one["seq"]))


def exported(platform: Platform, folder: Path, *words: str, version: str = "v1", **extra: str) -> Path:
    done = platform.driftmill("export", version, "--to", str(folder), *words, **extra)
    assert done.returncode == 0, done
    return folder


def scored(folder: Path, rows: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """By the script alone, in a process that knows of nothing else."""
    command = [sys.executable, str(folder / "score.py"), str(rows), "--out", str(rows.parent / "answers.csv"), *words]
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False)


def read(path: Path) -> list[Value]:
    """Answers as the script wrote them, with the fields of a prediction."""
    with path.open(newline="") as file:
        return [_answer(row) for row in csv.DictReader(file)]


def _answer(row: Value) -> Value:
    numbers = {name: float(row[name]) if row[name] else None for name in ("score", "low", "high")}
    scores = [float(value) for name, value in row.items() if name.startswith("score.") and value]
    label = {"true": True, "false": False, "": None}[row["label"]]
    return row | numbers | {"scores": scores, "label": label, "decided_class": row["decided_class"] or None}


def told(answers: list[Value]) -> list[Value]:
    return [{name: one[name] for name in TOLD} for one in answers]


def as_of_lake(one: Value) -> Value:
    """As `driftmill lake query … --json` writes it."""
    kept = {name: one[name] for name in ("event_id", "feature_set", "categories")}
    return kept | {"numbers": base64.b64encode(one["numbers"]).decode()}


def by_name(platform: Platform, answered: list[Value]) -> pd.DataFrame:
    layout = platform.pipeline.resolved.layout
    numbers = np.frombuffer(b"".join(one["numbers"] for one in answered), "<f4").reshape(len(answered), -1)
    frame = pd.DataFrame(numbers, columns=list(layout.numbers))
    texts = pd.DataFrame([one["categories"] for one in answered], columns=list(layout.categories))
    return pd.concat([pd.DataFrame({"event_id": [one["event_id"] for one in answered]}), frame, texts], axis=1)


def column(values: "pd.Series[Any]") -> list[Any]:
    return [None if value != value else value for value in values.to_list()]


def asked(port: int, method: str, path: str, body: Value | None = None) -> tuple[int, Value]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, None if body is None else json.dumps(body, allow_nan=True))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, HTTPException):
        return 0, {}
    finally:
        connection.close()


def requested(frame: pd.DataFrame, metadata: Value) -> list[Value]:
    """Rows as the tensors that the metadata of a server asks for."""
    return [
        {"name": one["name"], "datatype": one["datatype"], "shape": [len(frame), 1], "data": column(frame[one["name"]])}
        for one in metadata["inputs"]
    ]
