"""`driftmill check`, `new` and `apply`: a pipeline's files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from services.broker.environment import home_directory
from services.chassis import clock
from services.chassis.configs import apply_pipeline
from services.chassis.errors import TransientError
from services.chassis.keys import make_keys
from services.chassis.settings import ChassisSettings
from services.chassis.topic_admin import create_topics
from services.cli.checked import load_checked, looked_at
from services.cli.connection import remember, running_endpoints, settings_for
from services.cli.data_check import inspected
from services.cli.failure import FAILED, USAGE, Failure
from services.cli.feature_table import described, show_features
from services.cli.output import AsJson, complain, say, show_json
from services.cli.person import person
from services.contracts import pipeline as pipelines

_RETRY_SECONDS = 1.0

Directory = Annotated[Path, typer.Argument(help="Directory with pipeline.yaml.")]


def check(
    directory: Directory,
    explain: Annotated[bool, typer.Option("--explain", help="Print the file with every default.")] = False,
    data: Annotated[
        str | None, typer.Option(help="Look for leaks of the label too: a file of events, or `lake` for what is kept.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="File of labels, with a file of events; none with label.rule.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report every mistake in a pipeline's files, or what its features are; exit code 1 if there are any mistakes.

    With --data also fields and features that know the label, by records; exit code 1 if there are any.
    Runs the functions of its features.py.
    """
    if labels is not None and data is None:
        raise Failure("--labels needs --data.", USAGE)
    found, mistakes = looked_at(directory)
    looked = inspected(found, directory, data, labels) if found and data else None
    if as_json:
        resolved = {"pipeline": found.settled()} if found and explain else {}
        features = described(found) if found else {}
        told = [mistake.as_dict() for mistake in mistakes]
        records = {"data": asdict(looked)} if looked else {}
        show_json({"valid": not mistakes, "mistakes": told, **features, **resolved, **records})
    elif found is None:
        say("\n".join(map(str, mistakes)))
    elif explain:
        say(pipelines.explain(found))
    else:
        view = found.resolved
        say(f"{found.name} is right: {len(view.numbers)} numbers and {len(view.categories)} categories for the model.")
        show_features(found)
    if looked and not as_json:
        say("\n".join(looked.told()))
    if mistakes or (looked and looked.leaks):
        raise typer.Exit(FAILED)


def new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")],
    directory: Annotated[Path | None, typer.Option(help="Where (default: pipelines/<name>).")] = None,
) -> None:
    """Write the files of a first pipeline."""
    target = directory or Path("pipelines") / name
    try:
        written = pipelines.new(name, target)
    except (ValueError, FileExistsError) as error:
        raise Failure(str(error), USAGE) from error
    say("\n".join(str(path) for path in written))
    say(f"Next: change them, then `driftmill check {target}` and `driftmill up {target}`.")


def apply(
    directory: Directory,
    wait: Annotated[float, typer.Option(help="Seconds to wait for Kafka and the schema registry.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Publish a checked version of a pipeline's files to its services, with the topics and keys that they need."""
    found = load_checked(directory)
    home = home_directory()
    settings = settings_for(found.name, running_endpoints(home), home)
    make_keys(settings.home / "keys")
    news = _applied(settings, found, clock.monotonic() + wait)
    remember(settings)
    if as_json:
        show_json({"pipeline": found.name, "digest": found.digest, "applied": news})
    elif news:
        say(f"{found.name} {found.digest[:12]} is applied. Services that run read it at their next start.")
    else:
        say(f"{found.name} {found.digest[:12]} was applied already.")


def _applied(settings: ChassisSettings, found: pipelines.Pipeline, until: float) -> bool:
    told = ""
    while True:
        try:
            create_topics(settings, found.resolved.stages)
            return apply_pipeline(settings, found, person())
        except TransientError as error:
            if clock.monotonic() >= until:
                raise
            if str(error) != told:
                told = str(error)
                complain(f"Waiting: {told}")
            clock.sleep(_RETRY_SECONDS)
