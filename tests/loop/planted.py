"""Models that must not be let: one that looks at half of what tells, and one whose manifest isn't true of it."""

from typing import Any

import numpy as np
import orjson
import pandas as pd

from services.chassis.keys import private_key
from services.chassis.store import Store
from services.contracts.decision_policy import NO_POLICY
from services.contracts.manifest import Golden, Stretch, canonical
from services.training.adapters.onnx_export import digest, export
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.domain.cohort import Rows
from services.training.domain.learner import Configuration, fit
from tests.platform import Platform

LEARNERS = """
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def half_blind(numbers, categories, seed):
    return make_pipeline(make_column_transformer((SimpleImputer(), ["speed"])), LogisticRegression())
"""
LIAR = "v99"


def liar(platform: Platform, parts: pd.DataFrame) -> tuple[str, dict[str, Any]]:
    """A candidate that is said to be as far above the champion as that is above the baseline, and has learnt the
    opposite of what became of the parts."""
    champion = next(one.value for one in reversed(platform.read("models")) if one.key == "champion")
    manifest = orjson.loads(champion["manifest"])
    rows = _rows(manifest, parts)
    content = export(fit(Configuration("logistic", (("C", 1.0),)), rows, 0))
    store, folder = Store(platform.settings.store_url), f"models/{platform.pipeline.name}"
    uri = f"{folder}/{digest(content)}.onnx"
    store.put(uri, content)
    golden, stretch = (_golden(manifest, rows.take(np.arange(count)), content) for count in (64, 500))
    recorded = canonical(stretch)
    place: Stretch = {"uri": f"{folder}/{digest(recorded)}.stretch.json", "digest": digest(recorded), "rows": 500}
    store.put(place["uri"], recorded)
    said = {"version": LIAR, "model_digest": digest(content), "golden": golden, "stretch": place}
    findings = manifest["measured"]["findings"]
    above = [one | {"against": "champion"} for one in findings if one["against"] == "baseline"]
    others = [one for one in findings if one["against"] != "champion"]
    measured = manifest["measured"] | {"champion": manifest["version"], "findings": [*others, *above]}
    signed = canonical(manifest | said | {"measured": measured})
    candidate = {"version": LIAR, "run_id": "planted", "clock": int(parts["made_at"].iloc[-1])}
    candidate |= {"model_uri": uri, "model_digest": digest(content), "manifest": signed, "key_id": "signing"}
    signature = private_key(platform.settings.home / "keys").sign(signed)
    return LIAR, {**candidate, "signature": signature, **NO_POLICY}


def _golden(manifest: dict[str, Any], rows: Rows, content: bytes) -> Golden:
    """Rows with the scores that it really gives: of these it doesn't lie."""
    return {
        "numbers": rows.inputs[manifest["numbers"]].to_numpy(float).tolist(),
        "categories": rows.inputs[manifest["categories"]].to_numpy(object).tolist(),
        "scores": OnnxScorer(content).scores(rows.inputs).tolist(),
    }


def _rows(manifest: dict[str, Any], parts: pd.DataFrame) -> Rows:
    """Parts with their truth turned round."""
    known = {name: parts[name].to_numpy(np.float32) for name in manifest["numbers"] if name in parts}
    numbers = {name: known.get(name, np.zeros(len(parts), np.float32)) for name in manifest["numbers"]}
    categories = {name: parts[name].to_numpy(object) for name in manifest["categories"]}
    times = parts["made_at"].to_numpy(np.int64)
    label = 1 - parts["returned"].to_numpy(np.int8)
    names = tuple(manifest["numbers"]), tuple(manifest["categories"])
    return Rows(times, times, label, pd.DataFrame(numbers | categories), *names)
