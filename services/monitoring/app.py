"""Wires the monitoring service."""

import threading

from services.chassis.agents import AgentsRunner
from services.chassis.context import Context
from services.chassis.runner import Runnable, ServiceRunner
from services.chassis.trust import Trust
from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.ancestry import ancestry
from services.contracts.pipeline.reach import reach
from services.contracts.rank_correlation import MOST
from services.monitoring.adapters.audited import Audited
from services.monitoring.adapters.channel import channels_of
from services.monitoring.adapters.notifier import Notifier
from services.monitoring.adapters.published import PublishedModels
from services.monitoring.agents import MonitoringAgents
from services.monitoring.domain.fairness import Limit
from services.monitoring.domain.floor import Floor
from services.monitoring.domain.notice import Rule
from services.monitoring.domain.policy import Policy
from services.monitoring.settings import MonitoringSettings


def build(settings: MonitoringSettings) -> Runnable:
    """The monitoring service."""

    def agents(context: Context) -> Runnable:
        policy = policy_of(context.pipeline, settings.partitions)
        task = context.pipeline.label.target.task
        published = PublishedModels(Trust.read(settings.home / "keys"), context.metrics, task)
        rules = rules_of(context.pipeline)
        channels = channels_of(dict.fromkeys(rule.to for rule in rules), settings.notify)
        notifier = Notifier(context, rules, channels, settings.notify_hours * 3600)
        return _Noticed(
            AgentsRunner("monitoring", context, Audited(MonitoringAgents(policy, published.read))), notifier
        )

    return ServiceRunner("monitoring", settings, agents)


class _Noticed:
    """The agents, and beside them what tells people."""

    def __init__(self, agents: AgentsRunner, notifier: Notifier) -> None:
        self._agents, self._notifier = agents, notifier

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises AgentsFailed, Stop."""
        self._notifier.start()
        try:
            self._agents.run(stop)
        finally:
            self._notifier.stop()


def rules_of(pipeline: Pipeline) -> list[Rule]:
    """Who is told of which alerts."""
    routes = pipeline.monitor.notify
    return [Rule(route.to, route.when.severity, frozenset(route.when.kind or ())) for route in routes]


def policy_of(pipeline: Pipeline, partitions: int) -> Policy:
    """How a pipeline says that it wants to be watched."""
    monitor, limits, layout, far = pipeline.monitor, pipeline.fairness, pipeline.resolved.layout, reach(pipeline)
    return Policy(
        pipeline=pipeline.name,
        window=int(monitor.window),
        partitions=partitions,
        false_alarms=monitor.false_alarms.count,
        per=monitor.false_alarms.per,
        fields=max(1, len(pipeline.event.fields)),
        kind=pipeline.label.target.kind,
        classes=pipeline.label.target.task.names,
        ancestry=ancestry(pipeline),
        reach={name: far[name] for name in (*layout.numbers, *layout.categories) if name in far},
        numbers=min(MOST, len(layout.numbers)),
        fairness=tuple(Limit(one.metric, one.by, float(one.at_most), one.min_positives) for one in limits),
        max_age=None if monitor.max_age is None else int(monitor.max_age),
        floors=tuple(Floor(floor.metric, float(floor.below or floor.above or 0)) for floor in monitor.floors),
    )
