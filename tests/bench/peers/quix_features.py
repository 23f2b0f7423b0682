"""Quix Streams, exactly once, computing what the features service does: the same tiles of the same windows."""

import json
import math
import struct
import sys
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from quixstreams import Application, State

NAN = math.nan


def window_of(tiles: list[Any], oldest: int) -> tuple[float, float, float, float, float]:
    """Count, sum, mean, sample standard deviation and maximum of the tiles from `oldest` on."""
    count = total = 0.0
    greatest = -math.inf
    for tile in tiles:
        if tile[0] >= oldest:
            count += tile[1]
            total += tile[2]
            if tile[4] > greatest:
                greatest = tile[4]
    if not count:
        return 0.0, 0.0, NAN, NAN, NAN
    mean = total / count
    squares = sum(t[3] + t[1] * (t[2] / t[1] - mean) ** 2 for t in tiles if t[0] >= oldest)
    return count, total, mean, math.sqrt(squares / (count - 1)) if count > 1 else NAN, greatest


def fold(tiles: list[Any], now: int, oldest: int, value: float) -> list[Any]:
    """The tiles with one more value: place, count, sum, squared deviations, maximum of each."""
    if tiles and tiles[-1][0] == now:
        tile = tiles[-1]
        before = tile[2] / tile[1]
        tile[1] += 1
        tile[2] += value
        tile[3] += (value - before) * (value - tile[2] / tile[1])
        tile[4] = max(tile[4], value)
        return tiles
    return [tile for tile in tiles if tile[0] >= oldest] + [[now, 1, value, 0.0, value]]


def main(task: dict[str, Any]) -> None:
    """Run until killed."""
    schema, answer = parse_schema(task["schema"]), parse_schema(task["answer_schema"])
    widths = [(length // count, count) for length, count in task["windows"]]
    pack, head = struct.Struct("<21f").pack, bytes.fromhex(task["header"])
    app = Application(
        broker_address=task["bootstrap"],
        consumer_group=task["name"],
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_every=task["batch"],
        producer_extra_config={"linger.ms": 5, "compression.type": "lz4"},
        state_dir=task["state"],
        loglevel="WARNING",
    )
    source = app.topic(task["source"], value_deserializer="bytes", key_deserializer="bytes")
    target = app.topic(task["target"], value_serializer="bytes", key_serializer="bytes")

    def vector(data: bytes, state: State) -> bytes:
        event: Any = schemaless_reader(BytesIO(data[5:]), schema, None)
        time, value = event["event_time"], event["payload"]["amount"]
        windows = state.get("windows") or [[] for _ in widths]
        found = []
        for place, (width, count) in enumerate(widths):
            now = time // width
            found.append(window_of(windows[place], now - count + 1))
            windows[place] = fold(windows[place], now, now - count + 1, value)
        state.set("windows", windows)
        numbers = pack(value, *(window[which] for which in range(5) for window in found))
        told = {name: event[name] for name in ("seq", "event_id", "event_time")}
        told |= {"feature_set": task["feature_set"], "numbers": numbers, "categories": [event["payload"]["channel"]]}
        out = BytesIO()
        out.write(head)
        schemaless_writer(out, answer, told | {"error": None})
        return out.getvalue()

    app.dataframe(source).apply(vector, stateful=True).to_topic(target)
    app.run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
