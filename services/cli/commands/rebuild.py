"""`driftmill rebuild`: a model made again, and compared with what it was."""

from typing import Annotated, Any

import typer

from services.chassis.recorded import Recorded
from services.chassis.settings import ChassisSettings
from services.cli.connection import connect, environment_of
from services.cli.container import run_in
from services.cli.failure import USAGE, Failure
from services.cli.output import AsJson, PipelineName, text
from services.cli.program import run_program


def rebuild(
    version: Annotated[str, typer.Argument(help="Model version, as `driftmill models` has it.")],
    in_image: Annotated[bool, typer.Option("--in-image", help="In the image that it was made in, by Docker.")] = False,
    volume: Annotated[
        str, typer.Option(help="Docker volume with keys and store for --in-image (default: the home directory here).")
    ] = "",
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """Train a model version again from its manifest; exit code 1 if anything comes out otherwise, and what."""
    settings = connect(pipeline)
    if volume and not in_image:
        raise Failure("--volume is where --in-image finds keys and store: say both.", USAGE)
    if in_image:
        words = ["rebuild", version, *(["--json"] if as_json else [])]
        raise typer.Exit(run_in(_image(settings, version), words, settings, environment_of(settings), volume))
    run_program("training.rebuild", [version], environment_of(settings), as_json, _told)


def _image(settings: ChassisSettings, version: str) -> str:
    """The image that the manifest of a version names. Raises Refused, Failure."""
    image = Recorded(settings).manifest(version).get("image")
    if image is None:
        raise Failure(
            f"The manifest of {version} names no image: it was made outside of containers, or the service was not told "
            "its image (DRIFTMILL_RUN_IMAGE). Make it again here, without --in-image."
        )
    return image


def _told(line: dict[str, Any]) -> str:
    if line["progress"] != "end":
        return f"{line['version']}: learning again from {line['rows']:,} rows"
    if not line["differences"]:
        return f"{line['version']} comes out the same, to the last byte of its file: {line['model_digest']}"
    told = [
        f"{one['what']}: {text(one['recorded'])} was recorded, {text(one['rebuilt'])} came out"
        for one in line["differences"]
    ]
    more = [f"… and {line['more']:,} more"] if line["more"] else []
    return "\n".join([f"{line['version']} comes out otherwise:", *_gone(line["erased"]), *told, *more])


def _gone(erased: dict[str, Any]) -> list[str]:
    if not erased["rows"]:
        return []
    asked = ", ".join(erased["requests"])
    return [f"{erased['rows']:,} of its rows were erased since, as was asked for ({asked}): it can't come out the same"]
