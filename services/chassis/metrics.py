"""Prometheus metrics of one process, on a registry of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from services.chassis import clock


class Metrics:
    """What every service on the loop counts. Names follow Prometheus' conventions; times are in seconds."""

    def __init__(self, service: str, pipeline: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        build = Gauge(
            "driftmill_service", "1 for the running service.", ["service", "pipeline"], registry=self.registry
        )
        build.labels(service, pipeline).set(1)
        self.read = self._counter("driftmill_records_read", "Records processed.", "topic")
        self.written = self._counter("driftmill_records_written", "Records committed.", "topic")
        self.dead = self._counter("driftmill_dead_letters", "Records given up.", "reason")
        self.dropped = self._counter(
            "driftmill_records_dropped", "Records that go no further, though nothing is wrong with them.", "reason"
        )
        self.labels = self._counter("driftmill_labels", "What became of labels, or of their absence.", "result")
        self.files_refused = self._counter(
            "driftmill_files_refused", "Files of learners that score otherwise than these, or can't be made.", "learner"
        )
        self.refused = Counter(
            "driftmill_models_refused", "Published models that were not taken.", registry=self.registry
        )
        self.notifications = Counter(
            "driftmill_notifications",
            "Messages to people, by what became of them: sent, failed, given_up.",
            ["channel", "result"],
            registry=self.registry,
        )
        self.compared = self._counter(
            "driftmill_features_compared", "Served features that were compared with recomputed ones.", "feature"
        )
        self.differing = Counter(
            "driftmill_features_differing",
            "Served features that differ from recomputed ones: mismatched, missing, extra.",
            ["feature", "how"],
            registry=self.registry,
        )
        self.transactions = self._counter("driftmill_transactions", "Transactions by their end.", "end")
        self.recycled = Gauge("driftmill_producers_recycled", "Producers thrown away.", registry=self.registry)
        self.batch = Histogram("driftmill_batch_seconds", "Processing of a batch.", registry=self.registry)
        self.commit = Histogram("driftmill_commit_seconds", "Commit of a batch.", registry=self.registry)
        self.restored = Gauge("driftmill_restore_seconds", "Last restore of state.", registry=self.registry)
        self.assigned = Gauge("driftmill_partitions_assigned", "Partitions held.", registry=self.registry)

        self._state = self._counter(
            "driftmill_state_cpu_seconds", "CPU time of keeping state, without RocksDB's.", "work"
        )

    @contextmanager
    def state_work(self, work: str) -> Iterator[None]:
        """Counts what the calling thread takes to `copy` what changed, to `write` it or to `store` a snapshot."""
        started = clock.thread_seconds()
        try:
            yield
        finally:
            self._state.labels(work).inc(clock.thread_seconds() - started)

    def _counter(self, name: str, text: str, label: str) -> Counter:
        return Counter(name, text, [label], registry=self.registry)
