"""Scores of an ONNX file, computed as inference computes them."""

from typing import Any

import numpy as np
import onnxruntime as ort
import pandas as pd

from services.training.domain.cohort import Floats


class OnnxScorer:
    """A model file on one thread. Inputs are columns by name, float32 or strings, shape [rows, 1]. Its only output is
    what it predicts: probabilities of the negative and the positive class [rows, 2], of several [rows, classes], or
    numbers [rows, 1]."""

    def __init__(self, content: bytes) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._inputs = [(entry.name, entry.type == "tensor(string)") for entry in self._session.get_inputs()]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns it reads."""
        return tuple(name for name, _ in self._inputs)

    def scores(self, inputs: pd.DataFrame) -> Floats:
        """Scores [rows], of several classes [rows, classes]. A single row is padded to two: its bits would differ
        otherwise."""
        rows = len(inputs)
        if rows == 1:
            return self.scores(inputs.iloc[[0, 0]])[:1]
        feed = {name: _column(inputs[name], is_text) for name, is_text in self._inputs}
        found = np.asarray(self._session.run(None, feed)[0], np.float64)
        found = found.reshape(rows, -1)
        return found if found.shape[1] > 2 else found[:, -1]


def _column(column: "pd.Series[Any]", is_text: bool) -> Any:
    return column.to_numpy(object if is_text else np.float32).reshape(-1, 1)
