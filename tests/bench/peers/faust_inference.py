"""Faust, at least once, doing what the inference service does, in batches as its streams give them."""

import json
import sys
from typing import Any

import faust

from tests.bench.peers.scoring import Scoring


def main(task: dict[str, Any]) -> None:
    """Run until killed."""
    scoring = Scoring(task)
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

    @app.agent(source)
    async def answer_all(stream: Any) -> None:
        async for batch in stream.take(1_000, within=0.05):
            for answer in scoring.answers(batch):
                await target.send(value=answer)

    faust.Worker(app, loglevel="WARN").execute_from_commandline()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
