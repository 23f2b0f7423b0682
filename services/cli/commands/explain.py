"""`driftmill explain`: why an answer has its score."""

import sys
from typing import Annotated

import orjson
import typer

from services.cli.connection import connect, environment_of
from services.cli.domain.explanation import explanation
from services.cli.finding import prediction
from services.cli.output import AsJson, PipelineName, show_json
from services.cli.program import rows_of
from services.contracts.page import bars, page


def explain(
    event_id: Annotated[str, typer.Argument(help="Id of the prediction, which is the event's.")],
    as_html: Annotated[bool, typer.Option("--html", help="A page with a plot instead.")] = False,
    pipeline: PipelineName = None,
    as_json: AsJson = False,
) -> None:
    """What each feature added to the score of a prediction, as Markdown; of a baseline's answer its rule."""
    settings = connect(pipeline)
    told = orjson.dumps(prediction(settings, event_id)).decode()
    (facts,) = rows_of("inference.explain", [told], environment_of(settings))
    text = explanation(facts)
    if as_json:
        show_json(facts)
    elif as_html:
        added = [{"input": one["feature"], "value": one["adds"]} for one in facts["features"] if "adds" in one]
        sys.stdout.write(page(text, [("What each feature adds", bars(added))] if added else []))
    else:
        sys.stdout.write(text)
