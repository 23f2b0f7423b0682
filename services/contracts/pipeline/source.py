"""Who stands behind a pipeline, what it decides, and where its data comes from; printed on the model card."""

from typing import Literal

from services.contracts.pipeline.section import Section


class Owner(Section):
    """Who answers for the pipeline, for the model card. Who is told of alerts is for `monitor.notify` to say."""

    team: str
    notify: str | None = None


class Problem(Section):
    """What is decided from the answers, and what errors cost, in words."""

    decision: str
    wrong_hold: str | None = None
    wrong_release: str | None = None
    why_learning: str | None = None


class Source(Section):
    """Where data comes from, and why it may be used."""

    name: str
    kind: Literal["http", "files", "kafka"]
    path: str | None = None
    obtained: str | None = None
    basis: str | None = None
