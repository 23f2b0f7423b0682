"""Programs of the services that end by themselves, run as processes of their own."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import typer

from services.chassis import clock
from services.cli.output import say

_ROOT = Path(__file__).resolve().parents[2]
_REPORT_SECONDS = 2.0


def run_program(
    service: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    as_json: bool,
    told: Callable[[dict[str, Any]], str],
) -> None:
    """Run one until it ends, and end with its exit code. told: what people are told of a line of its progress."""
    with _started(service, arguments, environment) as child:
        _show(child, as_json, told)
    raise typer.Exit(child.returncode)


def rows_of(service: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The JSON lines that one writes, as they come; ends with its exit code if it fails."""
    with _started(service, arguments, environment) as child:
        yield from map(orjson.loads, child.stdout or ())
    if child.returncode:
        raise typer.Exit(child.returncode)


def asked(service: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Callable[[], list[dict[str, Any]]]:
    """Start one now, and do something else meanwhile: the JSON lines that it wrote once that is called, which ends
    with its exit code if it fails."""
    child = _started(service, arguments, environment)

    def lines() -> list[dict[str, Any]]:
        told, _ = child.communicate()
        if child.returncode:
            raise typer.Exit(child.returncode)
        return [orjson.loads(line) for line in told.splitlines()]

    return lines


def hand_over(service: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run one that writes to our standard output itself, and end with its exit code."""
    command = [sys.executable, "-m", f"services.{service}", *arguments]
    raise typer.Exit(subprocess.run(command, cwd=_ROOT, env=environment, check=False).returncode)


def _started(service: str, arguments: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", f"services.{service}", *arguments]
    return subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE)


def _show(child: "subprocess.Popen[bytes]", as_json: bool, told: Callable[[dict[str, Any]], str]) -> None:
    """Progress: JSON lines as they come, or for people the first and now and then one more."""
    last = -math.inf
    for line in child.stdout or ():
        if as_json:
            sys.stdout.write(line.decode())
            sys.stdout.flush()
            continue
        found: dict[str, Any] = orjson.loads(line)
        if found["progress"] == "end" or clock.monotonic() - last > _REPORT_SECONDS:
            last = clock.monotonic()
            say(told(found))
