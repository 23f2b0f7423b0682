"""`python -m services.training.adapters.serving`: serves a file in a process of its own, and says what that costs.

On standard input one line of JSON, {"numbers": names, "categories": names, "rows": Golden}, then the file's bytes; on
standard output the Cost as JSON.
"""

import subprocess
import sys
from collections.abc import Sequence

import onnxruntime as ort
import orjson

from services.chassis.serving_cost import cost_of, held_at_most
from services.contracts.golden_feed import GoldenFeed
from services.contracts.manifest import Cost, Golden


def served_apart(content: bytes, numbers: Sequence[str], categories: Sequence[str], rows: Golden) -> Cost:
    """What serving the rows costs: a process that has learnt can't tell what memory the file takes."""
    asked = orjson.dumps({"numbers": numbers, "categories": categories, "rows": rows}) + b"\n" + content
    done = subprocess.run([sys.executable, "-m", __name__], input=asked, stdout=subprocess.PIPE, check=True)
    cost: Cost = orjson.loads(done.stdout)
    return cost


def main() -> int:
    """Answer one question; returns the exit code."""
    asked, content = orjson.loads(sys.stdin.buffer.readline()), sys.stdin.buffer.read()
    rows = asked["rows"]
    feed = GoldenFeed(asked["numbers"], asked["categories"], rows["numbers"], rows["categories"])
    before = held_at_most()
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    cost = cost_of(lambda some: session.run(None, dict(some)), feed, before)
    sys.stdout.buffer.write(orjson.dumps(cost))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
