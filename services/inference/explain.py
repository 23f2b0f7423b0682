"""`python -m services.inference.explain <prediction>`: why an answer has its score.

<prediction>: a `driftmill.Prediction` as JSON, its numbers in base 64.
"""

import base64
import sys
from typing import Any

import numpy as np
import orjson

from services.chassis import logs
from services.chassis.errors import Refused, Stop, TransientError
from services.chassis.recorded import Recorded
from services.chassis.store import Store
from services.contracts.baseline import BASELINE
from services.contracts.numbers import finite
from services.contracts.pipeline import Pipeline
from services.contracts.record import Value
from services.contracts.release_name import ReleaseName
from services.inference.adapters.model_file import ModelRefused, read_model
from services.inference.domain.baseline import BaselineScorer
from services.inference.domain.explanation import feature_of
from services.inference.domain.shapley import EXACT
from services.inference.domain.vectors import Vectors
from services.inference.settings import InferenceSettings
from services.kernel.vector import unpack

Line = dict[str, Any]


def main(prediction: str) -> int:
    """Tell the explanation as one JSON object; returns the exit code."""
    settings_of: Any = InferenceSettings
    try:
        settings = settings_of()
        logs.configure("inference", settings.log_level)
        line = explained(Recorded(settings), Store(settings.store_url), orjson.loads(prediction))
    except (ValueError, OSError, TransientError, ModelRefused, Stop) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    return 0


def explained(recorded: Recorded, store: Store, prediction: Value) -> Line:
    """What there is to say of an answer. Raises Refused, ModelRefused.

    served: its score as it was given, score: as it comes out now. features: what each adds to the base, the farthest
    from 0 first, with the values of its columns; of an answer of the baseline the columns that it reads.
    """
    if prediction["status"] != "ok":
        raise Refused(
            f"{prediction['event_id']} has no score: deadletters.features or deadletters.inference tell what was wrong."
        )
    pipeline = recorded.pipeline_with(prediction["feature_set"])
    if pipeline.label.target.task.several:
        raise Refused("Answers about several classes have no one score that could be explained.")
    layout = pipeline.resolved.layout
    numbers = finite(unpack([base64.b64decode(prediction["numbers"])], len(layout.numbers)))
    row = Vectors(layout.numbers, layout.categories, numbers, [prediction["categories"]])
    said = {"prediction": prediction["event_id"], "model": prediction["model"]}
    said |= {"served": prediction["score"], "decision": prediction["label"]}
    if prediction["model"] == BASELINE:
        return said | _of_baseline(pipeline, row)
    release = ReleaseName.by(prediction["model"], prediction.get("policy", ""))
    return said | _of_model(recorded, store, release, row)


def _of_baseline(pipeline: Pipeline, row: Vectors) -> Line:
    """Its rule is its explanation."""
    declared, scorer = pipeline.model.baseline, BaselineScorer(pipeline)
    rule = {"prior": pipeline.label.target.prior, "last": declared.last, "rule": declared.rule}[declared.kind]
    own = {"score": float(scorer.scores(row)[0]), "threshold": scorer.threshold, "baseline": {declared.kind: rule}}
    return own | {"features": [{"feature": name, "values": {name: _value(row, name)}} for name in scorer.reads]}


def _of_model(recorded: Recorded, store: Store, release: str, row: Vectors) -> Line:
    """release: the name of the model with the policy that decided."""
    offered = recorded.candidate(release)
    manifest = orjson.loads(offered["manifest"])
    version = manifest["version"]
    model = read_model(store, version, offered["model_uri"], manifest)
    if offered.get("policy") is not None:
        model = model.deciding(offered["policy"])
    found = None if model.explainer is None else model.explainer.explain(row)
    if found is None:
        raise Refused(
            f"It can't be explained: {version} has no score for a mixture with the rows that it was signed with."
        )
    features = [
        {
            "feature": name,
            "adds": adds,
            "values": {one: _value(row, one) for one in model.reads if feature_of(one) == name},
        }
        for name, adds in found.contributions.items()
    ]
    compared = {"base": found.base, "rows": len(manifest["golden"]["scores"]), "exact": len(features) <= EXACT}
    own = {"model_digest": model.digest, "threshold": model.threshold, "score": found.score}
    return own | compared | {"features": features}


def _value(row: Vectors, name: str) -> float | str | None:
    """None for a number that is missing."""
    value = row.columns[name][0]
    if isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
