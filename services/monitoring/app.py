"""Wires the monitoring service."""

from services.chassis.agents import AgentsRunner
from services.chassis.context import Context
from services.chassis.runner import Runnable, ServiceRunner
from services.chassis.trust import Trust
from services.contracts.pipeline import Pipeline
from services.monitoring.adapters.audited import Audited
from services.monitoring.adapters.published import PublishedModels
from services.monitoring.agents import MonitoringAgents
from services.monitoring.domain.fairness import Limit
from services.monitoring.domain.floor import Floor
from services.monitoring.domain.policy import Policy
from services.monitoring.settings import MonitoringSettings


def build(settings: MonitoringSettings) -> Runnable:
    """The monitoring service."""

    def agents(context: Context) -> AgentsRunner:
        policy = policy_of(context.pipeline, settings.partitions)
        published = PublishedModels(Trust.read(settings.home / "keys"), context.metrics)
        return AgentsRunner("monitoring", context, Audited(MonitoringAgents(policy, published.read)))

    return ServiceRunner("monitoring", settings, agents)


def policy_of(pipeline: Pipeline, partitions: int) -> Policy:
    """How a pipeline says that it wants to be watched."""
    monitor, limits = pipeline.monitor, pipeline.fairness
    return Policy(
        pipeline=pipeline.name,
        window=int(monitor.window),
        partitions=partitions,
        false_alarms=monitor.false_alarms.count,
        per=monitor.false_alarms.per,
        fields=max(1, len(pipeline.event.fields)),
        kind=pipeline.label.target.kind,
        classes=pipeline.label.target.task.names,
        fairness=tuple(Limit(one.metric, one.by, float(one.at_most), one.min_positives) for one in limits),
        max_age=None if monitor.max_age is None else int(monitor.max_age),
        floors=tuple(Floor(floor.metric, float(floor.below or floor.above or 0)) for floor in monitor.floors),
    )
