"""`driftmill tail`: the committed records of a topic, decoded, one JSON object a line."""

import sys
from collections import deque
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import typer

from services.chassis.configs import applied_pipeline, codec_for
from services.chassis.reading import TopicReader
from services.cli.connection import connect
from services.cli.failure import USAGE, Failure
from services.cli.output import PipelineName
from services.cli.readable import readable
from services.contracts.record import Record
from services.contracts.topics import CATALOGUE, topic_named


def tail(
    topic: Annotated[str, typer.Argument(help="Short name, such as predictions.")],
    last: Annotated[int, typer.Option("-n", "--last", help="How many of the newest records to begin with.")] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    pipeline: PipelineName = None,
) -> None:
    """Print the newest committed records of a topic."""
    try:
        partitioned = topic_named(topic).partitioned
    except KeyError:
        raise Failure(f"There is no topic {topic}; expected one of {', '.join(CATALOGUE)}.", USAGE) from None
    settings = connect(pipeline)
    applied = applied_pipeline(settings)
    partitions = settings.partitions if partitioned else 1
    reader = TopicReader(settings, codec_for(settings, applied), topic, partitions)
    names = applied.resolved.numbers, applied.resolved.categories
    try:
        for record in deque(reader.to_end(), maxlen=max(last, 0)):
            _write(record, *names)
        while follow:
            for record in reader.poll(0.5):
                _write(record, *names)
    finally:
        reader.close()


def _write(record: Record, numbers: tuple[str, ...], categories: tuple[str, ...]) -> None:
    line: Mapping[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "kind": record.kind,
        "value": readable(record.value, numbers, categories),
    }
    sys.stdout.write(orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY).decode() + "\n")
    sys.stdout.flush()
