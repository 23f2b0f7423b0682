"""Quix Streams, exactly once, doing what the inference service does: the answer carries its features."""

import json
import sys
from io import BytesIO
from typing import Any

import numpy as np
import onnxruntime as ort
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from quixstreams import Application


def main(task: dict[str, Any]) -> None:
    """Run until killed."""
    schema, answer = parse_schema(task["schema"]), parse_schema(task["answer_schema"])
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = ort.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
    read = {entry.name for entry in model.get_inputs()}
    app = Application(
        broker_address=task["bootstrap"],
        consumer_group=task["name"],
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_every=task["batch"],
        producer_extra_config={"linger.ms": 5, "compression.type": "lz4"},
        loglevel="WARNING",
    )
    source = app.topic(task["source"], value_deserializer="bytes", key_deserializer="bytes")
    target = app.topic(task["target"], value_serializer="bytes", key_serializer="bytes")

    def answered(value: bytes) -> bytes:
        vector: Any = schemaless_reader(BytesIO(value[5:]), schema, None)
        numbers = np.frombuffer(vector["numbers"], "<f4")
        feed = {name: numbers[place : place + 1].reshape(1, 1) for place, name in enumerate(task["numbers"])}
        for place, name in enumerate(task["categories"]):
            feed[name] = np.array([[vector["categories"][place]]], object)
        score = float(
            np.asarray(model.run(["probability"], {n: v for n, v in feed.items() if n in read})[0]).ravel()[-1]
        )
        told = {
            name: vector[name] for name in ("seq", "event_id", "event_time", "feature_set", "numbers", "categories")
        }
        out = BytesIO(value[:5])
        out.seek(5)
        schemaless_writer(out, answer, told | {"status": "ok", "score": score, "label": score >= 0.5, "model": "v1"})
        return out.getvalue()

    app.dataframe(source).apply(answered).to_topic(target)
    app.run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
