"""Labels of one class come sooner: whatever has come by now is no sample of the truth, a cohort is."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from services.contracts.pipeline import load
from services.contracts.record import Output
from services.ingestion.app import Order, read_stream
from services.ingestion.domain.rows import Rows as Table
from services.training.domain.cohort import Rows, cohort
from tests.platform import ROOT
from tests.unit.outcomes.log import DAY, HOUR, Log, run, values

Ints = NDArray[np.int64]
FLIGHTS = ROOT / "pipelines" / "flights"


def played(event_time: Ints, label_time: Ints, label: Ints, cut: int) -> list[Output]:
    """What the join says until a time, of events and labels in the order in which they become known."""
    log = Log()
    known = [(time, 1, number) for number, time in enumerate(event_time.tolist())]
    known += [(time, 0, number) for number, time in enumerate(label_time.tolist())]
    for time, is_event, number in sorted(known):
        if time > cut:
            break
        days = (time + 0.5) / DAY  # which the log rounds down
        log = log.event(f"e{number}", days) if is_event else log.label(f"e{number}", float(label[number]), days)
    return run(log)[0]


def learnt_from(outputs: list[Output], up_to: int) -> Rows:
    """The training rows of the newest outcomes of events up to a seq."""
    newest = {value["seq"]: value for value in values(outputs, "Outcome") if 0 <= value["seq"] <= up_to}
    outcomes = pd.DataFrame([{"partition": 1} | value for value in newest.values()])
    return cohort(outcomes, ("amount",), ("region",), sys.maxsize, "f1")


def matured(outputs: list[Output]) -> dict[str, Any]:
    """The newest mark."""
    return values(outputs, "CohortMatured")[-1]


def test_what_has_come_by_now_is_biased_and_the_cohort_is_not() -> None:
    """Harmless is known after an hour, harm after a day and a half: three of ten are harmful, at any time."""
    rng = np.random.default_rng(5)
    time = np.sort(rng.integers(0, 6 * DAY, 3_000))
    label = (rng.random(3_000) < 0.3).astype(np.int64)
    outputs = played(time, time + np.where(label == 1, 36 * HOUR, HOUR), label, 6 * DAY)
    now = learnt_from(outputs, 3_000)
    of_the_last_day = now.take(now.event_time >= 5 * DAY)
    assert len(of_the_last_day) > 300
    assert of_the_last_day.label.mean() == 0
    assert now.label.mean() < label.mean() - 0.03
    mark = matured(outputs)
    its = learnt_from(outputs, mark["matured_seq"])
    assert len(its) == mark["rows"] > 1_500
    assert its.positives == mark["positives"]
    assert its.label.mean() == pytest.approx(label[: mark["matured_seq"] + 1].mean(), abs=1e-9)
    assert its.label.mean() == pytest.approx(0.3, abs=0.03)


def test_the_rate_of_late_flights_is_the_true_one_in_every_window(test_data: Path) -> None:
    """Flights on time land sooner: of those of the last hours that have landed fewer are late than in truth."""
    source, data = FLIGHTS / "source.py", test_data / "hflights" / "hflights.csv.gz"
    stream = read_stream(load(FLIGHTS), Order(source=source, data=data, options={}))
    assert isinstance(stream.events, Table)
    assert isinstance(stream.labels, Table)
    time, landed, late = (
        table.column(name).to_numpy().astype(np.int64)
        for table, name in ((stream.events, "scheduled_at"), (stream.labels, "landed_at"), (stream.labels, "late"))
    )
    first = int(time[0]) // DAY * DAY + 140 * DAY
    its = (time >= first) & (time < first + 6 * DAY)
    time, landed, late = time[its] - first, landed[its] - first, late[its]
    now = 5 * DAY + 21 * HOUR
    outputs = played(time, landed, late, now)
    told = values(outputs, "ProfileClosed", stream="quality")
    assert len(told) >= 4
    for profile in told:
        truth = late[(time >= profile["window_start"]) & (time < profile["window_end"])].mean()
        assert profile["positives"] / profile["rows"] == pytest.approx(truth, abs=0.01)
    landed_by_now = learnt_from(outputs, len(time))
    of_late = landed_by_now.take(landed_by_now.event_time >= now - 4 * HOUR)
    truth = late[(time >= now - 4 * HOUR) & (time <= now)].mean()
    assert of_late.label.mean() < truth - 0.05
