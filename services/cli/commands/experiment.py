"""`driftmill experiment` and `experiments`: what another configuration would have come to."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from services.broker.environment import home_directory
from services.chassis.store import Store
from services.cli.connection import environment_of, offline_settings, running_endpoints, settings_for
from services.cli.domain.comparison import listed, side_by_side
from services.cli.output import AsJson, PipelineName, say, show, show_json
from services.cli.program import rows_of
from services.contracts.experiment import Experiment, folder
from services.contracts.pipeline import load


def experiment(
    path: Annotated[Path, typer.Argument(help="Directory with pipeline.yaml, or another such file in it.")],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="Set a key otherwise: model.learners=[forest]. Repeatable.")
    ] = None,
    dataset: Annotated[str, typer.Option(help="Rows of a model version, or the newest.")] = "newest",
    as_json: AsJson = False,
) -> None:
    """Learn by a changed configuration from rows of the lake, and compare; nothing is ever released of it."""
    given = assignments or []
    found = load(path, given)
    home = home_directory()
    environment = environment_of(settings_for(found.name, running_endpoints(home), home))
    words = [str(path.resolve()), "--dataset", dataset, *(f"--set={one}" for one in given)]
    for line in rows_of("training.experiment", words, environment):
        if as_json:
            sys.stdout.write(orjson.dumps(line).decode() + "\n")
            sys.stdout.flush()
        elif line["progress"] == "end":
            _show(line)
        else:
            say(_told(line))


def experiments(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """Experiments that were made, the oldest first; needs no broker."""
    settings = offline_settings(pipeline)
    store = Store(settings.store_url)
    places = sorted(store.found(folder(settings.pipeline)), key=lambda one: (one.written, one.key))
    found: list[Experiment] = [orjson.loads(store.get(place.key)) for place in places]
    if as_json:
        show_json(found)
    else:
        show(listed(found), False, "No experiment yet: make one with `driftmill experiment`.")


def _told(line: dict[str, Any]) -> str:
    if line["progress"] == "rows":
        return f"learning from {line['rows']:,} rows of the dataset {line['dataset']}"
    return str(line["step"])


def _show(made: Any) -> None:
    say(f"{made['experiment']}: {made['outcome']}, {made['reason']}")
    show(side_by_side(made), False, "Nothing was measured.")
