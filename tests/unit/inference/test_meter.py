"""What scoring costs is summed up by version, told from time to time, and answers know nothing of it."""

import threading

import pytest

from services.contracts.record import Output
from services.inference.adapters import meter as meters
from services.inference.adapters.meter import Meter, costs, tell


def worked(meter: Meter, version: str, rows: int, rounds: int = 20_000) -> None:
    with meter.scoring(version, rows):
        sum(range(rounds))


def test_sums_are_by_version_and_begin_anew_when_taken() -> None:
    meter = Meter()
    for rows in (10, 30):
        worked(meter, "v1", rows)
    worked(meter, "v2", 1)
    found = meter.taken()
    assert {version: (sums.rows, sums.calls) for version, sums in found.items()} == {"v1": (40, 2), "v2": (1, 1)}
    assert 0 < found["v1"].slowest <= found["v1"].milliseconds
    assert found["v2"].slowest == found["v2"].milliseconds
    assert meter.taken() == {}


def test_only_what_the_scoring_thread_works_counts() -> None:
    meter = Meter()
    with meter.scoring("v1", 1):
        busy = threading.Thread(target=lambda: sum(range(3_000_000)))
        busy.start()
        busy.join()
    mine = meter.taken()["v1"].milliseconds
    worked(meter, "v1", 1, 3_000_000)
    assert mine < meter.taken()["v1"].milliseconds


def test_what_fails_and_what_is_empty_is_not_counted() -> None:
    meter = Meter()
    with pytest.raises(ValueError, match="no row"), meter.scoring("v1", 3):
        raise ValueError("no row")
    with meter.scoring("v1", 0):
        pass
    assert meter.taken() == {}


def test_records_name_process_and_version() -> None:
    meter = Meter()
    for version in ("v2", "v1"):
        worked(meter, version, 5)
    found = list(costs("shop.inference-0", meter.taken()))
    assert [(one.topic, one.key, one.kind) for one in found] == [
        ("costs", "shop.inference-0", "driftmill.ServingMeasured")
    ] * 2
    assert [one.value["version"] for one in found if one.value] == ["v1", "v2"]


def test_what_was_not_told_yet_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "EVERY_SECONDS", 0.001)
    meter, told, stop, first = Meter(), list[Output](), threading.Event(), threading.Event()

    def write(output: Output) -> None:
        told.append(output)
        first.set()

    worked(meter, "v1", 5)
    thread = threading.Thread(target=tell, args=(meter, "p", write, stop))
    thread.start()
    assert first.wait(60)
    worked(meter, "v1", 7)
    stop.set()
    thread.join()
    assert sum(one.value["rows"] for one in told if one.value) == 12
