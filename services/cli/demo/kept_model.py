"""The first model kept: scores every outcome's features, as they were served, by the first model that was released."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
import orjson
from numpy.typing import NDArray

from services.chassis.store import Store
from services.cli.demo.ledger import Outcomes
from services.contracts.record import Value

_ROWS = 20_000


class KeptModel:
    """A published model. numbers, categories: names of the columns of a vector, in their order."""

    def __init__(self, published: Value, store: Store, numbers: Sequence[str], categories: Sequence[str]) -> None:
        self.version: str = published["version"]
        manifest: Mapping[str, Any] = orjson.loads(published["manifest"])
        self.threshold: float | None = manifest["threshold"]
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        content = store.get(published["model_uri"])
        self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._numbers, self._categories = list(numbers), list(categories)

    def scores(self, outcomes: Outcomes) -> NDArray[np.float64]:
        """Its scores [n]."""
        parts = [self._part(outcomes, start) for start in range(0, len(outcomes), _ROWS)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _part(self, outcomes: Outcomes, start: int) -> NDArray[np.float64]:
        rows = slice(start, start + _ROWS)
        numbers, texts = outcomes.numbers[rows], outcomes.categories[rows]
        feed: dict[str, NDArray[Any]] = {}
        for column in self._session.get_inputs():
            if column.type == "tensor(string)":
                place = self._categories.index(column.name)
                feed[column.name] = np.array([[row[place]] for row in texts], object)
            else:
                place = self._numbers.index(column.name)
                feed[column.name] = np.ascontiguousarray(numbers[:, place : place + 1])
        found = np.asarray(self._session.run(None, feed)[0], np.float64)
        return found.reshape(len(numbers), -1)[:, -1]
