"""A process of its own for each model file that is tried: what the file does to it, it doesn't do to the registry."""

import signal
import subprocess
import sys
from dataclasses import dataclass

import orjson

from services.registry.adapters.trial import Answer, Question, refused

_PROGRAM = "services.registry.work"
_MOST_SAID = 300
_ENVIRONMENT = {"ORT_DISABLE_TELEMETRY": "1", "OPENBLAS_NUM_THREADS": "1"}
"""One thread, as walls hold for the one that builds them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one trial. mib: memory beside what libraries take. cpu_seconds: of processor time, seconds: of wall time.
    file_bytes: size of the file."""

    mib: int
    cpu_seconds: int
    seconds: float
    file_bytes: int


def try_apart(content: bytes, question: Question, limits: Limits, program: str = _PROGRAM) -> Answer:
    """Try a file in a new process, which inherits no environment and no open files, and is walled off.

    One that crashes, hangs or takes too much is answered with the reason. program: the module that is started.
    """
    asked = {"limits": {"mib": limits.mib, "cpu_seconds": limits.cpu_seconds}, "question": question}
    process = subprocess.Popen(
        [sys.executable, "-m", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_ENVIRONMENT,
    )
    with process:
        try:
            said, errors = process.communicate(orjson.dumps(asked) + b"\n" + content, limits.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return refused(f"trying the file took longer than {limits.seconds:g} s")
    if process.returncode != 0:
        return refused(f"the process that tried the file {_ended(process.returncode, limits)}{_last_line(errors)}")
    answer: Answer = orjson.loads(said)
    return answer


def _ended(code: int, limits: Limits) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"was ended: it took more than {limits.cpu_seconds} s of processor time, or memory ran out"
    return f"crashed with {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return f": {lines[-1][:_MOST_SAID]}" if lines else ""
