"""The batch loop's view of validation: two raw topics in, one numbered log a partition out."""

from collections.abc import Mapping, Sequence
from itertools import compress

from services.chassis.step import Waiting, take_all
from services.contracts.entries import Changes, Entries
from services.contracts.pipeline import Pipeline
from services.contracts.record import Record, Result
from services.validation.domain.contract import Contract
from services.validation.domain.intake import Intake, Raw, Sort
from services.validation.domain.judgement import Judgement
from services.validation.domain.ledger import Change, Ledger
from services.validation.domain.merge import take_merged
from services.validation.domain.rekeying import INDEX, is_told
from services.validation.domain.replay import Replay
from services.validation.domain.unlisted import RESULT

MERGE_IDLE_MS = 5_000.0
"""How long a side must have been quiet at its end before the other goes ahead of it."""


class LedgerState:
    """A partition's ledger as the loop keeps it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def apply(self, staged: Change) -> None:
        """Take in what a committed batch changed."""
        self.ledger.apply(staged)

    def changes(self) -> Changes:
        """What differs from what was told before."""
        return self.ledger.changes()


class ValidationStep:
    """Validates the raw records of a pipeline whose data-plane topics have `partitions`.

    pii_key: masks personal fields, at least 16 bytes; may be empty where the pipeline has none.
    """

    inputs: tuple[str, ...] = ("events.raw", "labels")
    log: tuple[str, ...] = ("events", "events.quarantined")

    def __init__(
        self, pipeline: Pipeline, partitions: int, pii_key: bytes = b"", merge_idle_ms: float = MERGE_IDLE_MS
    ) -> None:
        self._contract = Contract.of(pipeline, partitions, pii_key)
        self._intake = Intake(pipeline)
        self._replay = Replay(self._contract)
        self._merge_idle_ms = merge_idle_ms
        self.digest: str = self._contract.digest
        if self._contract.indexing is not None:
            self.inputs, self.log = (*self.inputs, INDEX), (*self.log, INDEX)

    def new_state(self, partition: int) -> LedgerState:
        """The state before the first record."""
        return LedgerState(Ledger.new(partition, self._contract.lateness, self._contract.label_memory))

    def load_state(self, partition: int, entries: Entries) -> LedgerState:
        """The state that told these entries."""
        state = self.new_state(partition)
        state.ledger.load(entries)
        return state

    def take(self, state: LedgerState, waiting: Mapping[str, Waiting], limit: int) -> list[Record]:
        """What the index is told, as it comes; events and labels by when they became known, see `merge`."""
        idle_ms = 0.0 if state.ledger.liveness.is_live else self._merge_idle_ms
        indexed = take_all({INDEX: waiting[INDEX]}, limit) if INDEX in waiting else []
        events, labels, left = waiting["events.raw"], waiting["labels"], limit - len(indexed)
        return indexed + take_merged(events, labels, self._intake.known_at, left, idle_ms, self._contract.lateness)

    def process(self, state: LedgerState, batch: Sequence[Record]) -> Result[Change]:
        """Accepted, refused and moved records, ticks and closed profiles."""
        told = [is_told(record) for record in batch] if INDEX in self.inputs else [False] * len(batch)
        raws = [self._intake.read(record) for record, is_index in zip(batch, told, strict=True) if not is_index]
        contract = self._contract
        _judge_fields(raws, Sort.EVENT, contract)
        _judge_fields(raws, Sort.LABEL, contract)
        judgement = Judgement(contract, state.ledger)
        judgement.prepare(raws, compress(batch, told))
        rest = iter(raws)
        for record, is_index in zip(batch, told, strict=True):
            if is_index:
                judgement.index(record)
            else:
                judgement.judge(next(rest))
        unlisted = {RESULT: judgement.unlisted} if judgement.unlisted else {}
        return Result(judgement.change(), judgement.outputs, judgement.failures, labels=unlisted)

    def fold(self, state: LedgerState, batch: Sequence[Record]) -> None:
        """Bring the state forward by what was written."""
        self._replay.fold(state.ledger, batch)

    def idle(self, state: LedgerState, now: int) -> Result[Change] | None:
        """A tick, where the partition lives in the present and its watermark lags behind the clock."""
        time = state.ledger.liveness.tick(now, state.ledger.watermark.value)
        if time is None:
            return None
        judgement = Judgement(self._contract, state.ledger)
        judgement.tick(time)
        return Result(judgement.change(), judgement.outputs)


def _judge_fields(raws: Sequence[Raw], sort: Sort, contract: Contract) -> None:
    """Judge all whole records of a sort by the rules of their fields, a column at a time."""
    rules = contract.event_rules if sort is Sort.EVENT else contract.label_rules
    chosen = [raw for raw in raws if raw.sort is sort and raw.is_whole]
    for row, reasons in rules.broken([raw.payload for raw in chosen]).items():
        chosen[row].reasons.extend(reasons)
