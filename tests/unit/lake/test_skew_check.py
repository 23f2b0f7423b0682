import subprocess
import sys
from functools import partial

import orjson

from services.chassis.metrics import Metrics
from services.contracts.record import Record
from services.contracts.skew import SkewCount
from services.lake.adapters.skew_check import SkewCheck
from tests.eventually import eventually

LINE = {"progress": "skew", "skew": [SkewCount("a", 9, 2, 1, 0).to_record()]}
LEFT = {"progress": "skew", "stage": "features", "partition": 0, "left_out": "gone"}


def program(code: int, *lines: object) -> tuple[str, ...]:
    """Writes lines, and ends."""
    said = b"".join(orjson.dumps(line) + b"\n" for line in lines).decode()
    return sys.executable, "-c", f"import sys; sys.stdout.write({said!r}); sys.exit({code})"


def profiles(stream: str) -> list[Record]:
    return [Record("profiles", 0, 0, 0, "", "driftmill.ProfileClosed", {"stream": stream})]


def is_idle(check: SkewCheck, now: float) -> bool:
    check.turn(now)
    return check.process is None


def begun(check: SkewCheck, after: float) -> "subprocess.Popen[bytes]":
    """Its process, so many seconds after its start."""
    check.turn(0.0)
    check.turn(after)
    assert check.process is not None
    return check.process


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_it_begins_when_windows_have_ended_and_not_too_often() -> None:
    metrics = Metrics("lake", "p")
    check = SkewCheck(2.0, metrics, program(0, LINE, LEFT, {"progress": "end", "windows": 1}))
    times = 0
    for now in range(0, 900, 10):
        if 100 < now < 300:
            check.kept(profiles("scores"))
        elif now == 300:
            check.kept(profiles("inputs"))
        check.turn(now)
        if check.process is not None:
            times += 1
            eventually(partial(is_idle, check, now), 20)
    # soon after the start, and twice when a window had ended
    assert times == 3
    assert value(metrics, "driftmill_features_compared_total", feature="a") == 27
    assert value(metrics, "driftmill_features_differing_total", feature="a", how="mismatched") == 6
    assert value(metrics, "driftmill_features_differing_total", feature="a", how="missing") == 3


def test_one_that_fails_begins_again() -> None:
    check = SkewCheck(1.0, Metrics("lake", "p"), program(1))
    times = 0
    for now in range(0, 200, 10):
        check.turn(now)
        if check.process is not None:
            times += 1
            eventually(partial(is_idle, check, now), 20)
    assert times == 3


def test_one_that_never_comes_back_is_ended_and_begins_again() -> None:
    check = SkewCheck(1.0, Metrics("lake", "p"), (sys.executable, "-c", "import threading; threading.Event().wait()"))
    first = begun(check, 60.0)
    check.turn(3_659)
    assert first.poll() is None
    check.turn(3_660)
    eventually(partial(is_idle, check, 3_661), 20)
    check.turn(3_662)
    assert check.process is not None
    check.close()


def test_it_ends_with_the_lake_and_without_minutes_it_never_begins() -> None:
    check = SkewCheck(0.001, Metrics("lake", "p"), (sys.executable, "-c", "import signal; signal.pause()"))
    process = begun(check, 1.0)
    check.close()
    assert process.poll() is not None
    never = SkewCheck(0.0, Metrics("lake", "p"), program(0))
    never.turn(0.0)
    never.turn(1e9)
    assert never.process is None
