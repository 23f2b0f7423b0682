"""`driftmill export`: a model version as a folder, or an image, that scores without Kafka."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from services.chassis.configs import bare_codec, publish
from services.chassis.reading import read_topic
from services.chassis.settings import ChassisSettings
from services.cli import history
from services.cli.bundle import bundle, put
from services.cli.connection import connect, environment_of
from services.cli.failure import USAGE, Failure
from services.cli.image import built, by_hand, docker_here
from services.cli.output import AsJson, PipelineName, say, show_json
from services.cli.person import person
from services.contracts.baseline import BASELINE

BUILT = "driftmill.ImageBuilt"
_REFUSED = "rejected"


def export(
    version: Annotated[str, typer.Argument(help="Version, as `driftmill models` has it.")],
    to: Annotated[Path | None, typer.Option(help="Directory to make (default: ./<pipeline>-<version>).")] = None,
    image: Annotated[bool, typer.Option("--image", help="Also build a container image that serves it.")] = False,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Write a version as a folder that scores files without Kafka: model, manifest, signature, features, script."""
    if version == BASELINE:
        raise Failure(
            "The baseline has no file: it is what pipeline.yaml says. Learnt versions can be exported.", USAGE
        )
    settings = connect(pipeline)
    state = _state(settings, version)
    folder = to or Path(f"{settings.pipeline}-{version}")
    put(bundle(settings, version, state, image), folder)
    told = {"version": version, "state": state, "directory": str(folder)}
    if image:
        told |= _image(settings, version, folder)
    if as_json:
        show_json(told)
        return
    say(f"{version} ({state}) is in {folder}; its README.md says how to score with it.")
    if image:
        say(_said(told))


def _state(settings: ChassisSettings, version: str) -> str:
    """Of a version that may be used elsewhere. Raises Failure."""
    moves = history.models(read_topic(settings, bare_codec(settings), "models.history"))
    states = {row["version"]: row["state"] for row in moves}
    usable = ", ".join(f"{name} ({state})" for name, state in states.items() if state != _REFUSED) or "none yet"
    if version not in states:
        raise Failure(f"There is no version {version} that was judged. Those that can be exported: {usable}.")
    if states[version] == _REFUSED:
        why = next(row["reason"] for row in moves if row["version"] == version)
        raise Failure(f"{version} was rejected: {why}. Those that can be exported: {usable}.")
    return str(states[version])


def _image(settings: ChassisSettings, version: str, folder: Path) -> dict[str, str]:
    """Build it where Docker is, and record what was built."""
    name, environment = f"{settings.pipeline}:{version}", environment_of(settings)
    docker = docker_here(environment)
    if docker is None:
        return {"image": name, "digest": "", "command": by_hand(folder, name)}
    digest = built(docker, folder, name, environment)
    # named after what it tells: told again, it is the same
    request = hashlib.sha256(f"{settings.pipeline}/{version}/{digest}".encode()).hexdigest()[:32]
    value = {"request_id": request, "by": person(), "version": version, "image": name, "digest": digest}
    publish(settings, bare_codec(settings), "requests", request, BUILT, value)
    return {"image": name, "digest": digest}


def _said(told: dict[str, str]) -> str:
    if not told["digest"]:
        return f"There is no `docker` here. What the image is built of is there: {told['command']}"
    return f"The image is {told['image']}, {told['digest']}; `driftmill models` shows it."
