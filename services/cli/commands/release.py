"""`driftmill release`: the version in flight, and what it waits for."""

from services.cli.connection import connect, environment_of
from services.cli.output import AsJson, PipelineName
from services.cli.program import hand_over


def release(pipeline: PipelineName = None, as_json: AsJson = False) -> None:
    """The version in shadow or canary: its step, its share, how it does beside the champion, and what it waits for."""
    hand_over("registry.release", ["json" if as_json else "text"], environment_of(connect(pipeline)))
