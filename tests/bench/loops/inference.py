"""The bare inference loop: consume, decode, score, encode a small record, produce. No transactions, no duties."""

import json
import sys
from io import BytesIO
from typing import Any

import numpy as np
import onnxruntime as ort
from confluent_kafka import Consumer, Producer
from fastavro import parse_schema, schemaless_reader, schemaless_writer

ANSWER = parse_schema(
    {
        "type": "record",
        "name": "Answer",
        "fields": [{"name": "event_id", "type": "string"}, {"name": "score", "type": "double"}],
    }
)


def session(path: str) -> Any:
    """A model with one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def scores(model: Any, task: dict[str, Any], vectors: list[Any]) -> list[float]:
    """The score of each vector."""
    numbers = np.frombuffer(b"".join(v["numbers"] for v in vectors), "<f4").reshape(len(vectors), -1)
    feed = {name: numbers[:, [place]] for place, name in enumerate(task["numbers"])}
    for place, name in enumerate(task["categories"]):
        feed[name] = np.array([v["categories"][place] for v in vectors], object).reshape(-1, 1)
    read = {entry.name: feed[entry.name] for entry in model.get_inputs()}
    found: list[float] = np.asarray(model.run(["probability"], read)[0]).reshape(len(vectors), -1)[:, -1].tolist()
    return found


def main(task: dict[str, Any]) -> None:
    """Run until killed."""
    schema, model = parse_schema(task["schema"]), session(task["model"])
    consumer = Consumer(
        {
            "bootstrap.servers": task["bootstrap"],
            "group.id": task["name"],
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer({"bootstrap.servers": task["bootstrap"], "linger.ms": 5, "compression.type": "lz4"})
    consumer.subscribe([task["source"]])
    while True:
        messages = [m for m in consumer.consume(task["batch"], task["poll_ms"] / 1000) if m.error() is None]
        if not messages:
            continue
        vectors: list[Any] = [schemaless_reader(BytesIO((m.value() or b"")[5:]), schema, None) for m in messages]
        for message, vector, score in zip(messages, vectors, scores(model, task, vectors), strict=True):
            out = BytesIO()
            schemaless_writer(out, ANSWER, {"event_id": vector["event_id"], "score": score})
            producer.produce(task["target"], out.getvalue(), message.key(), message.partition() or 0)
        producer.poll(0)
        consumer.commit(asynchronous=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
