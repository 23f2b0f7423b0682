"""Faust, at least once, doing what the inference service does, in batches as its streams give them."""

import json
import sys
from io import BytesIO
from typing import Any

import faust
import numpy as np
import onnxruntime as ort
from fastavro import parse_schema, schemaless_reader, schemaless_writer


def main(task: dict[str, Any]) -> None:
    """Run until killed."""
    schema, answer = parse_schema(task["schema"]), parse_schema(task["answer_schema"])
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = ort.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
    read = {entry.name for entry in model.get_inputs()}
    app = faust.App(
        task["name"],
        broker=f"kafka://{task['bootstrap']}",
        store="memory://",
        web_enabled=False,
        topic_partitions=2,
        consumer_auto_offset_reset="earliest",
        value_serializer="raw",
        key_serializer="raw",
        datadir=f"{task['name']}.d",
    )
    source = app.topic(task["source"], key_type=bytes, value_type=bytes, value_serializer="raw")
    target = app.topic(task["target"], key_type=bytes, value_type=bytes, value_serializer="raw")

    def scores(vectors: list[Any]) -> list[float]:
        numbers = np.frombuffer(b"".join(v["numbers"] for v in vectors), "<f4").reshape(len(vectors), -1)
        feed = {name: numbers[:, [place]] for place, name in enumerate(task["numbers"])}
        for place, name in enumerate(task["categories"]):
            feed[name] = np.array([v["categories"][place] for v in vectors], object).reshape(-1, 1)
        found = model.run(["probability"], {n: v for n, v in feed.items() if n in read})[0]
        return list(np.asarray(found).reshape(len(vectors), -1)[:, -1].tolist())

    @app.agent(source)
    async def answer_all(stream: Any) -> None:
        async for batch in stream.take(1_000, within=0.05):
            vectors: list[Any] = [schemaless_reader(BytesIO(value[5:]), schema, None) for value in batch]
            for value, vector, score in zip(batch, vectors, scores(vectors), strict=True):
                vector |= {"status": "ok", "score": score, "label": score >= 0.5, "model": "v1"}
                out = BytesIO(value[:5])
                out.seek(5)
                schemaless_writer(out, answer, vector)
                await target.send(value=out.getvalue())

    faust.Worker(app, loglevel="WARN").execute_from_commandline()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
