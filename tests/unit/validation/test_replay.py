"""A ledger rebuilt from the log is the ledger that wrote it."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.contracts.record import Record
from services.validation.domain.contract import Contract
from services.validation.domain.ledger import Ledger
from services.validation.domain.replay import Replay
from tests.entries import entries_of
from tests.unit.validation import scene
from tests.unit.validation.scene import APPENDED, HOUR, KEY, MINUTE, START, bought, judged, log_of, records

PLAIN, MASKING = (Contract.of(scene.pipeline(masked), 1, KEY) for masked in (False, True))
DAMAGED = bought(3, amount=-1.0)
STORY: list[dict[str, Any]] = [
    bought(1),
    bought(2),
    DAMAGED,
    bought(4),
    bought(2),
    judged(1),
    judged(1),
    bought(70),
    judged(1, bad=True),
    {"time": START + 3 * HOUR},
    bought(5),
    bought(190, amount=20.0),
    judged(2, source="bank"),
]
"""Accepted events and labels, a refused one, an event and a label twice, a correction, a tick, and one too late."""


def written(values: Sequence[dict[str, Any]], masked: bool = False) -> tuple[Ledger, list[Record]]:
    """The ledger after validation of these raw records, and the log that it wrote."""
    step = scene.step(masked=masked)
    state = step.new_state(0)
    outputs = scene.run(step, state, records(*values))
    return state.ledger, log_of(outputs)


def replayed(*batches: Sequence[Record], masked: bool = False) -> Ledger:
    contract = MASKING if masked else PLAIN
    ledger = Ledger.new(0, contract.lateness, contract.label_memory)
    for batch in batches:
        Replay(contract).fold(ledger, batch)
    return ledger


def test_the_log_leads_to_the_ledger_that_wrote_it() -> None:
    ledger, log = written(STORY)
    assert [record.kind.removeprefix("driftmill.") for record in log] == [
        *["EventAccepted"] * 3,
        "LabelAccepted",
        "EventAccepted",
        "LabelAccepted",
        "Tick",
        "EventAccepted",
        "LabelAccepted",
        *["RecordQuarantined"] * 4,
    ]
    assert entries_of(replayed(log)) == entries_of(ledger)


@pytest.mark.parametrize("cut", range(14))
def test_it_does_not_matter_how_the_log_is_cut(cut: int) -> None:
    ledger, log = written(STORY)
    assert entries_of(replayed(log[:cut], log[cut:])) == entries_of(ledger)


@pytest.mark.parametrize("cut", range(10))
def test_refused_records_may_come_before_those_that_were_accepted_earlier(cut: int) -> None:
    ledger, log = written(STORY)
    accepted, refused = ([one for one in log if one.topic == topic] for topic in ("events", "events.quarantined"))
    assert entries_of(replayed(refused, accepted)) == entries_of(ledger)
    assert entries_of(replayed(accepted[:cut], refused, accepted[cut:])) == entries_of(ledger)


def test_nothing_read_changes_nothing() -> None:
    ledger, log = written(STORY)
    assert entries_of(replayed([], log, [])) == entries_of(ledger)


def test_every_beginning_of_the_log_is_a_ledger_of_its_own() -> None:
    _, log = written(STORY)
    seqs = [replayed(log[:length]).next_seq for length in range(len(log) + 1)]
    assert seqs == [0, 1, 2, 3, 3, 4, 4, 4, 5, 5, *[5] * 4]


def test_after_replay_the_same_event_and_label_are_known_again() -> None:
    _, log = written([bought(1), judged(1), judged(2, source="bank")])
    entries = replayed(log).begin()
    known = START + MINUTE + HOUR
    assert entries.knows_event("e1")
    assert entries.knows_label(("e1", 0.0, known, ""))
    assert entries.knows_label(("e2", 0.0, known + MINUTE, "bank"))
    assert not entries.knows_label(("e2", 0.0, known + MINUTE, ""))


def test_a_tick_moves_the_watermark_and_closes_windows() -> None:
    tick = Record("events", 0, 0, APPENDED, "", "driftmill.Tick", {"time": START + 5 * HOUR})
    ledger = replayed([tick])
    assert ledger.watermark.value == START + 5 * HOUR
    assert ledger.windows.closed == START // HOUR + 5


def test_whether_the_partition_is_live_follows_from_the_append_times_in_the_log() -> None:
    _, history = written([bought(1)])
    assert not replayed(history).liveness.is_live
    timely = [{**record.value, "appended_at": record.value["event_time"]} for record in history]
    log = [Record("events", 0, 0, APPENDED, "", "driftmill.EventAccepted", value) for value in timely]
    assert replayed(log).liveness.is_live


def test_masked_records_lead_to_the_same_ledger_too() -> None:
    ledger, log = written(STORY, masked=True)
    assert "4111" not in repr(log)
    assert entries_of(replayed(log, masked=True)) == entries_of(ledger)
