"""What a process counts."""

from services.chassis import clock
from services.chassis.metrics import Metrics


def test_the_cpu_time_of_keeping_state_is_counted_by_work() -> None:
    metrics = Metrics("features", "p")
    with metrics.state_work("write"):
        until = clock.thread_seconds() + 0.01
        while clock.thread_seconds() < until:
            pass
    counted = {
        work: metrics.registry.get_sample_value("driftmill_state_cpu_seconds_total", {"work": work})
        for work in ("write", "copy")
    }
    assert counted["copy"] is None
    assert 0.01 <= (counted["write"] or 0) < 1
