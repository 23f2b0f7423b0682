"""`python -m services.registry.work`: tries one model file, within limits, and says what it found.

On standard input one line of JSON, {"limits": Limits, "question": Question}, then the file's bytes; on standard output
the Answer as JSON. Whatever the file does happens here: the registry goes on.
"""

import os
import resource
import sys
from contextlib import suppress
from typing import Any

import orjson
import psutil

from services.registry.adapters.trial import tried
from services.registry.adapters.walls import walled_off

_MIB = 1024 * 1024


def main() -> int:
    """Answer one question; returns the exit code."""
    asked = orjson.loads(sys.stdin.buffer.readline())
    answers = _own_output()
    _limit(asked["limits"])
    walls = walled_off()
    answer = tried(sys.stdin.buffer.read(), asked["question"])
    os.write(answers, orjson.dumps({**answer, "walls": walls}))
    return 0


def _own_output() -> int:
    """Standard output for the answer alone: what a library prints goes to the errors."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def _limit(limits: dict[str, Any]) -> None:
    """What libraries have reserved already doesn't count; macOS knows no limit of memory."""
    memory = psutil.Process().memory_info().vms + limits["mib"] * _MIB
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"]))
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(nothing, (0, 0))


if __name__ == "__main__":
    raise SystemExit(main())
