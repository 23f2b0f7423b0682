"""A learnt model in ONNX Runtime."""

from collections.abc import Mapping
from copy import copy
from hashlib import sha256
from typing import Any

import numpy as np
import onnxruntime as ort
import orjson
from numpy.typing import NDArray

from services.contracts.manifest import Golden
from services.contracts.release_name import ReleaseName
from services.inference.adapters.meter import Meter
from services.inference.domain.explanation import Explainer
from services.inference.domain.vectors import Vectors


class OnnxModel:
    """A model file with one thread of its own. Inputs are columns by name: float32 or strings, shape [rows, 1].

    Its only output is what it predicts: probabilities of two classes, the positive one last, of several, or a number.
    manifest: says digest, decision threshold, classes or interval, and what each input means. reads: inputs with their
    digests. explainer: beside the golden rows of the manifest; None of several classes. meter: counts what answers
    cost, explanations aside.
    """

    def __init__(self, version: str, content: bytes, manifest: Mapping[str, Any], meter: Meter | None = None) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._inputs = [(entry.name, entry.type == "tensor(string)") for entry in self._session.get_inputs()]
        (self._output,) = [entry.name for entry in self._session.get_outputs()]
        self.version, self._meter = version, meter or Meter()
        self.digest = str(manifest["model_digest"])
        self.threshold: float | None = manifest["threshold"]
        self.half_width: float | None = manifest["interval"]["half_width"] if "interval" in manifest else None
        self.classes = tuple(map(str, manifest.get("classes", ())))
        self.reads: Mapping[str, str] = {name: manifest["input_digests"].get(name, "") for name, _ in self._inputs}
        self.policy, self.policy_digest = ReleaseName(version).policy, ""
        names = tuple(manifest["numbers"]), tuple(manifest["categories"])
        self.explainer = None if self.classes else Explainer(self._scored, _rows(*names, manifest["golden"]))

    def deciding(self, policy: bytes) -> "OnnxModel":
        """The same model, which decides by another policy. policy: as it was signed for it, and verified."""
        said, other = orjson.loads(policy), copy(self)
        other.policy, other.policy_digest = ReleaseName.of(said["version"]).policy, sha256(policy).hexdigest()
        other.threshold = float(said["threshold"])
        return other

    def scores(self, vectors: Vectors) -> NDArray[np.float64]:
        """Scores [rows], of several classes [rows, classes]. A single row is padded to two, for the same bits."""
        with self._meter.scoring(self.version, len(vectors)):
            return self._scored(vectors)

    def _scored(self, vectors: Vectors) -> NDArray[np.float64]:
        rows = len(vectors)
        if rows == 1:
            return self._scored(vectors.rows(np.array([0, 0])))[:1]
        feed = {name: self._column(vectors, name, is_text) for name, is_text in self._inputs}
        found = np.asarray(self._session.run([self._output], feed)[0], np.float64)
        found = found.reshape(rows, -1)
        return found if self.classes else found[:, -1]

    def _column(self, vectors: Vectors, name: str, is_text: bool) -> NDArray[Any]:
        column = vectors.columns[name]
        return column.reshape(-1, 1) if is_text else np.ascontiguousarray(column, np.float32).reshape(-1, 1)


def _rows(numbers: tuple[str, ...], categories: tuple[str, ...], golden: Golden) -> Vectors:
    """Rows whose missing numbers are null."""
    values = np.array(golden["numbers"], np.float64).astype(np.float32).reshape(len(golden["scores"]), len(numbers))
    return Vectors(numbers, categories, values, golden["categories"])
