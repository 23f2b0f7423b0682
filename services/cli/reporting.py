"""Gathers what an account of a period is made of: from the lake, and from the topics of the control plane.

1  start to ask the lake, as far as the period goes
2  read the topics
3  verify the audit trail, in topic and lake
"""

from collections.abc import Iterator
from typing import Any

from services.chassis.configs import bare_codec
from services.chassis.progress import Progress
from services.chassis.reading import read_topics
from services.chassis.settings import ChassisSettings
from services.cli.audit_trail import AuditTrail
from services.cli.connection import environment_of
from services.cli.domain.period import Period
from services.cli.domain.report import TOPICS, Recorded, report
from services.cli.domain.timeline import timeline
from services.cli.failure import Failure
from services.cli.program import asked
from services.contracts.pipeline import Pipeline, PipelineInvalid
from services.contracts.record import Record

Facts = dict[str, Any]


def reported(settings: ChassisSettings, period: Period) -> Facts:
    """The account of a pipeline. Raises Failure if it has no configuration by the period's end, TransientError."""
    # 1
    bounds = ["-" if time is None else str(time) for time in period]
    kept = asked("lake.report", bounds, environment_of(settings))
    # 2
    topics = read_topics(settings, bare_codec(settings), TOPICS)
    config = _config(period.by_its_end(topics["configs"]), settings.pipeline, period)
    # 3
    found = AuditTrail(settings, environment_of(settings)).verified(topic=True, lake=True)
    faults = [f"{fault.where}: {fault.what}" for fault in found.faults]
    signed = found.head.sequence if found.head else 0
    return report(settings.pipeline, period, Recorded(topics, kept(), faults, signed, config))


def behind(settings: ChassisSettings) -> int:
    """Records that the lake has yet to write, which no account counts."""
    progress = Progress(settings)
    try:
        return progress.lag("lake")
    finally:
        progress.close()


def plots(facts: Facts) -> Iterator[tuple[str, str]]:
    """Title and SVG of each."""
    quality, decided = facts["over_time"]["quality"], facts["over_time"]["decided"]
    if quality["series"]:
        yield f"Quality over time: {quality['metric']} by window", timeline(quality["series"])
    if decided:
        yield "Share decided positive over time, by window", timeline(decided)


def _config(applied: list[Record], name: str, period: Period) -> Pipeline | None:
    if not applied:
        raise Failure(f"No configuration of {name} had been applied {period}: there is nothing to tell of.")
    try:
        return Pipeline.from_texts(applied[-1].value["texts"])
    except PipelineInvalid:
        return None  # of a version of Driftmill that this one can't read
