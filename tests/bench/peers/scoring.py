"""What the inference service does, for peers: vectors as they lie on Kafka to answers that carry their features."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import onnxruntime as ort
from fastavro import parse_schema, schemaless_reader, schemaless_writer


class Scoring:
    """task: the schemas of vectors and answers, the model's file, and its inputs."""

    def __init__(self, task: dict[str, Any]) -> None:
        self._schema, self._answer = parse_schema(task["schema"]), parse_schema(task["answer_schema"])
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._model = ort.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
        read = {entry.name for entry in self._model.get_inputs()}
        self._numbers, self._categories = (
            [(place, name) for place, name in enumerate(task[kind]) if name in read]
            for kind in ("numbers", "categories")
        )

    def answers(self, values: Sequence[bytes]) -> list[bytes]:
        """The answer to each vector, scored together."""
        vectors: list[Any] = [schemaless_reader(BytesIO(value[5:]), self._schema, None) for value in values]
        return [
            self._written(value[:5], vector | {"status": "ok", "score": score, "label": score >= 0.5, "model": "v1"})
            for value, vector, score in zip(values, vectors, self._scores(vectors), strict=True)
        ]

    def _scores(self, vectors: Sequence[Any]) -> list[float]:
        numbers = np.frombuffer(b"".join(v["numbers"] for v in vectors), "<f4").reshape(len(vectors), -1)
        feed = {name: numbers[:, place : place + 1] for place, name in self._numbers}
        for place, name in self._categories:
            feed[name] = np.array([[v["categories"][place]] for v in vectors], object)
        found = self._model.run(["probability"], feed)[0]
        return list(np.asarray(found).reshape(len(vectors), -1)[:, -1].tolist())

    def _written(self, head: bytes, answer: Any) -> bytes:
        out = BytesIO(head)
        out.seek(len(head))
        schemaless_writer(out, self._answer, answer)
        return out.getvalue()
