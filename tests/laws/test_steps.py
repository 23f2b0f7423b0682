"""What every step must obey."""

import copy
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer

from services.chassis.step import Step
from services.contracts.partition import partition_of
from services.contracts.record import Output
from services.contracts.schemas import pipeline_schemas, plain
from services.contracts.topics import EVENT, LABEL, TRANSACTIONAL, service_of, topic_named
from tests.entries import Shelf, entries_of
from tests.laws import flow
from tests.laws.case import CASES, PARTITIONS, Case, ids
from tests.laws.flow import PARTITION, run

pytestmark = pytest.mark.parametrize("case", CASES, ids=list(ids()), scope="module")


def reborn(shelf: Shelf) -> flow.Restart:
    """A restart that finds nothing but what was told."""

    def restart(step: Step[Any, Any], state: Any) -> Any:
        shelf.keep(state.changes())
        assert state.changes() == {}
        return step.load_state(PARTITION, shelf)

    return restart


def said(case: Case, outputs: Sequence[Output]) -> list[object]:
    """Outputs but for what a new process repeats."""
    return flow.plain([output for output in outputs if output.kind not in case.restated])


@pytest.fixture(scope="module")
def whole(case: Case) -> flow.Told:
    """What it says when all comes at once; to be read only."""
    return run(case.make(), case.topics())


def test_it_says_something(whole: flow.Told) -> None:
    assert len(whole.outputs) > 5
    assert whole.failures == []


def test_it_is_deterministic(case: Case, whole: flow.Told) -> None:
    again = run(case.make(), case.topics())
    assert flow.plain(again.outputs) == flow.plain(whole.outputs)
    assert entries_of(again.state) == entries_of(whole.state)


def test_it_leaves_its_state_and_its_batch_as_they_were(case: Case) -> None:
    step, sides = case.make(), flow.waiting(case.topics())
    state = step.new_state(PARTITION)
    while batch := step.take(state, sides, 40):
        before, copied = entries_of(state), copy.deepcopy(batch)
        result = step.process(state, batch)
        again = step.process(state, batch)
        assert (entries_of(state), batch) == (before, copied)
        assert flow.plain(again.outputs) == flow.plain(result.outputs)
        state.apply(result.staged)


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_batches_do_not_matter(case: Case, whole: flow.Told, limit: int) -> None:
    parts = run(case.make(), case.topics(), limit)
    assert flow.plain(parts.outputs) == flow.plain(whole.outputs)
    assert entries_of(parts.state) == entries_of(whole.state)


def test_nothing_follows_from_nothing(case: Case) -> None:
    step, told = case.make(), run(case.make(), case.topics())
    before = entries_of(told.state)
    result = step.process(told.state, [])
    told.state.apply(result.staged)
    assert (list(result.outputs), list(result.failures)) == ([], [])
    assert entries_of(told.state) == before


def test_a_state_survives_each_flush_and_load(case: Case, whole: flow.Told) -> None:
    shelf = Shelf()
    parts = run(case.make(), case.topics(), 40, reborn(shelf))
    assert said(case, parts.outputs) == said(case, whole.outputs)
    assert shelf.values == entries_of(whole.state)


def test_a_state_tells_what_changed_and_no_more(case: Case, whole: flow.Told) -> None:
    """What it tells while it goes on adds up to what it tells at once at the end."""
    shelf = Shelf(room=2**30)

    def flushed(_step: Step[Any, Any], state: Any) -> Any:
        shelf.keep(state.changes())
        return state

    parts = run(case.make(), case.topics(), 40, flushed)
    assert parts.state.changes() == {}
    assert shelf.values == entries_of(whole.state)


def test_a_state_of_nothing_is_a_new_one(case: Case) -> None:
    step, shelf = case.make(), Shelf()
    assert entries_of(step.load_state(PARTITION, shelf)) == entries_of(step.new_state(PARTITION)) == {}


def test_a_replay_of_the_log_builds_the_same_state(case: Case, whole: flow.Told) -> None:
    assert entries_of(flow.replay(case.make(), case.topics(), whole.outputs)) == entries_of(whole.state)


def test_it_writes_its_own_topics_and_their_records(case: Case, whole: flow.Told) -> None:
    service = service_of(case.stage)
    assert service in TRANSACTIONAL
    own = {EVENT: "small.Order", LABEL: "small.Return"}
    for output in whole.outputs:
        topic = topic_named(output.topic)
        assert service in topic.writer.split(", ") or output.topic in case.moves
        assert output.kind in [own.get(record, record) for record in topic.records]


def test_it_keeps_to_its_partition(case: Case, whole: flow.Told) -> None:
    for output in whole.outputs:
        if output.topic not in case.moves:
            assert output.partition == _place(case, output)


def _place(case: Case, output: Output) -> int:
    """What goes on to another entity goes to its partition, if there is one; the rest stays."""
    if output.source is not None and output.topic in case.pipeline().resolved.stages[1:]:
        return partition_of(output.key.encode(), PARTITIONS) if output.key else output.source.partition
    return PARTITION if topic_named(output.topic).partitioned else 0


def test_what_it_writes_fits_the_schemas(case: Case, whole: flow.Told) -> None:
    resolved = case.pipeline().resolved
    schemas = pipeline_schemas(dict(resolved.event_schema), dict(resolved.label_schema))
    parsed = {name: parse_schema(plain(schema)) for name, schema in schemas.items()}
    for output in whole.outputs:
        if output.value is not None:
            schemaless_writer(BytesIO(), parsed[output.kind], output.value, strict=True)
