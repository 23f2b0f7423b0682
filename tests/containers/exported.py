"""The image of an exported version: built, run without rights, and asked what the version was asked live.

`python -m tests.containers.exported` starts a broker of its own for it.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from services.broker.local import Endpoints, LocalBroker
from services.broker.ports import free_ports
from services.chassis.clock import monotonic
from tests.containers.host import until
from tests.containers.stack import docker
from tests.integration.exporting import (
    Value,
    answered,
    asked,
    by_name,
    exported,
    predictions,
    read,
    requested,
    scored,
    told,
)
from tests.platform import Platform

_READY_SECONDS = 60
_RUN = ("run", "--detach", "--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


class AnsweredOtherwise(Exception):
    """An image that doesn't do what its version did live."""


def served_elsewhere(endpoints: Endpoints, home: Path) -> str:
    """What was seen; nothing is left of container and image. Raises AnsweredOtherwise, TooLate, ComposeFailed."""
    platform, began = answered(endpoints, "binary", home), monotonic()
    try:
        name = platform.pipeline.name
        exported(platform, home / "bundle", "--image", PATH=os.environ["PATH"])
        (built,) = platform.read("requests", "driftmill.ImageBuilt")
        took, live = monotonic() - began, [one for one in predictions(platform) if one["status"] == "ok"]
        (port,) = free_ports(1)
        try:
            container = docker(*_RUN, "--publish", f"127.0.0.1:{port}:8080", f"{name}:v1").strip()
            try:
                until("the image ready", lambda: asked(port, "GET", "/v2/health/ready")[0] == 200, _READY_SECONDS)
                user = docker("exec", container, "id", "-u").strip()
                found = asked(port, "GET", f"/v2/models/{name}")[1]
                inputs = requested(by_name(platform, live), found)
                outputs = asked(port, "POST", f"/v2/models/{name}/infer", {"inputs": inputs})[1]["outputs"]
                digest = docker("inspect", "--format", "{{.Image}}", container).strip()
            finally:
                docker("rm", "--force", container)
        finally:
            docker("image", "rm", f"{name}:v1")
        same = all(one["data"] == [answer[one["name"]] for answer in live] for one in outputs)
        alike = told(_scored(platform, home / "bundle", live)) == told(live)
        shown = digest in platform.driftmill("models", "--json").stdout
        if not same or not alike or not shown or user == "0" or digest != built.value["digest"]:
            seen = f"same answers: {same}, by score.py: {alike}, shown by `driftmill models`: {shown}, user {user}"
            raise AnsweredOtherwise(f"{seen}, {digest} recorded as {built.value['digest']}")
        return f"image of a version built in {took:.1f} s; it and score.py answer {len(live)} rows as live, to the bit"
    finally:
        platform.close()


def _scored(platform: Platform, folder: Path, live: list[Value]) -> list[Value]:
    """Answers of the folder's script."""
    rows = folder.parent / "rows.csv"
    by_name(platform, live).to_csv(rows, index=False)
    scored(folder, rows)
    return read(folder.parent / "answers.csv")


def main() -> int:
    """Run with a broker of its own; returns the exit code."""
    with TemporaryDirectory() as place:
        broker = LocalBroker(Path(place) / "broker")
        try:
            sys.stdout.write(served_elsewhere(broker.up(), Path(place) / "home") + "\n")
        finally:
            broker.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
