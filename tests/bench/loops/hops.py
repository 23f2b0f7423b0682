"""One bare transactional hop: as many polls and bytes as a service's, no work. A record carries its headers on."""

import json
import sys
from itertools import cycle
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition


def polled(consumer: Consumer, batch: int, poll_ms: int) -> list[Message]:
    """What has come, as the services ask for it."""
    first = consumer.poll(poll_ms / 1000)
    messages = [] if first is None else [first, *consumer.consume(batch, 0)]
    return [message for message in messages if message.error() is None]


def main(task: dict[str, Any]) -> None:
    """Run until killed. task: configurations of the clients, topics, and `values` to write in turn, as hexadecimals."""
    consumer, producer = Consumer(task["consumer"]), Producer(task["producer"])
    values = cycle([bytes.fromhex(value) for value in task["values"]])
    producer.init_transactions(10.0)
    consumer.subscribe([task["source"]])
    while True:
        messages = polled(consumer, task["batch"], task["poll_ms"])
        if not messages:
            continue
        producer.begin_transaction()
        for message in messages:
            producer.produce(
                task["target"], next(values), message.key(), message.partition() or 0, headers=message.headers()
            )
        after = {message.partition() or 0: (message.offset() or 0) + 1 for message in messages}
        offsets = [TopicPartition(task["source"], number, offset) for number, offset in after.items()]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata())
        producer.commit_transaction(10.0)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
