"""Bytewax, at least once, doing what the inference service does, in batches as its sources give them."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from bytewax import operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from tests.bench.peers.scoring import Scoring


def main(task: dict[str, Any]) -> None:
    """Run until killed."""
    scoring = Scoring(task)

    def answered(messages: list[Any]) -> list[KafkaSinkMessage[bytes, bytes]]:
        answers = scoring.answers([message.value for message in messages])
        return [
            KafkaSinkMessage(message.key, answer, headers=message.headers)
            for message, answer in zip(messages, answers, strict=True)
        ]

    flow = Dataflow("inference")
    source = KafkaSource([task["bootstrap"]], [task["source"]], batch_size=task["batch"])
    vectors = op.input("vectors", flow, source)
    answers = op.flat_map_batch("answers", vectors, answered)
    produce = {"linger.ms": "5", "compression.type": "lz4"}
    op.output("predictions", answers, KafkaSink([task["bootstrap"]], task["target"], add_config=produce))
    kept = Path(f"{task['name']}.d")
    kept.mkdir()
    init_db_dir(kept, 1)
    cli_main(flow, epoch_interval=timedelta(seconds=1), recovery_config=RecoveryConfig(str(kept)))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
