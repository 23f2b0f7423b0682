"""Quix Streams, exactly once, doing what the inference service does: the answer carries its features."""

import json
import sys
from typing import Any

from quixstreams import Application

from tests.bench.peers.scoring import Scoring


def main(task: dict[str, Any]) -> None:
    """Run until killed."""
    scoring = Scoring(task)
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
    app.dataframe(source).apply(lambda value: scoring.answers([value])[0]).to_topic(target)
    app.run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
