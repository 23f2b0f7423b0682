"""What every step must obey, over random logs."""

import pickle
from collections.abc import Sequence
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.record import Output, Record
from services.outcomes.domain.state import OutcomesState
from services.outcomes.step import OutcomesStep
from tests.entries import Shelf, entries_of
from tests.unit.outcomes.log import Log, pipeline, run
from tests.unit.outcomes.plain import PlainJoin

_MOVES = st.lists(
    st.tuples(
        st.sampled_from(["event", "event", "event", "label", "label", "tick", "activation", "flight"]),
        st.integers(0, 12),
        st.floats(0, 8, width=16),
        st.sampled_from([0.0, 1.0]),
    ),
    max_size=60,
)
Moves = list[tuple[str, int, float, float]]
_ACTED = st.sampled_from(["", "{when: decision or region == 'south', label: censored, explore: 25%}"])
_CONFLICTS = st.sampled_from(["", "first", "{last_by: known_at, sources: [court, bank]}", "{last_by: known_at}"])


def _log(moves: Moves) -> Log:
    """Time creeps on; events and labels lie around it; ids of labels may be of events past, to come, or never.

    Some ids come again, and answers come in another order where there are many. A challenger takes off, answers some,
    has no answer to others, and is gone again.
    """
    log, now, flying = Log(), 0.0, ""
    for kind, number, days, label in moves:
        now += days / 10
        if kind == "event":
            _event(log, now, number, flying)
        elif kind == "label":
            known_at = now - (0.25 if number % 4 == 3 else 0.0)
            log.label(f"e{number}", label, known_at, ("court", "bank", "rumour", None)[int(days * 4) % 4])
        elif kind == "tick":
            log.tick(now + (days if number == 12 else 0.0))
        elif kind == "flight":
            flying = ("", "", "c1", "c2")[number % 4]
        else:
            log.activation(f"m{number}")
    if len(moves) % 3 == 0:
        log.predictions[::2] = log.predictions[::2][::-1]
    return log.tick(now + 0.5)


def _event(log: Log, now: float, number: int, flying: str) -> None:
    event_id = f"e{log.next_seq // 2}" if number == 11 else f"e{log.next_seq}"
    score, region = None if number == 9 else number / 12, ("north", None, "south")[number % 5 % 3]
    other, its = f"m{number % 3}", None if number in (4, 8) else 1 - number / 13
    usual, explore = (event_id, now - number / 2000), number % 3 == 1
    if not flying or (score is None and its is None):
        log.event(*usual, score, other, region, explore)
    elif number % 2 and its is not None:
        log.event(*usual, its, flying, region, explore, beside=(other, score), arm="challenger")
    else:
        log.event(*usual, score, other, region, explore, beside=(flying, its))


def _plain(outputs: Sequence[Output]) -> list[object]:
    return [(o.topic, o.partition, o.key, o.kind, o.value) for o in outputs]


@settings(max_examples=200)
@given(
    *(_MOVES, st.integers(1, 20), st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60))),
    *(st.sampled_from(["missing", "negative"]), _CONFLICTS, _ACTED),
)
def test_it_comes_to_what_the_plain_join_comes_to(
    moves: Moves, limit: int, told: set[int], lost: set[int], silence: str, conflict: str, acted: str
) -> None:
    """In batches of any size, and though only what was told is there after some of them."""
    step, log = OutcomesStep(pipeline(silence, conflict, acted)), _log(moves)
    shelf, batches = Shelf(room=20_000), count()

    def crash(step: OutcomesStep, state: OutcomesState) -> OutcomesState:
        batch = next(batches)
        if batch in told | lost:
            shelf.keep(state.changes())
        return step.load_state(1, shelf) if batch in lost else state

    outputs, _ = run(log, step, limit, crash)
    plain = PlainJoin(step.policy, 1, log.predictions, log.shadows)
    for record in log.events:
        plain.take(record)
    assert [(o.topic, o.key, o.kind, o.value) for o in outputs] == plain.written


@settings(max_examples=150)
@given(_MOVES, st.integers(1, 7))
def test_batches_do_not_matter(moves: Moves, limit: int) -> None:
    whole, state = run(_log(moves))
    parts, same = run(_log(moves), limit=limit)
    assert _plain(parts) == _plain(whole)
    assert entries_of(same) == entries_of(state)


@settings(max_examples=100)
@given(_MOVES, st.integers(1, 7))
def test_a_state_survives_its_bytes_at_any_place(moves: Moves, limit: int) -> None:
    shelf = Shelf()

    def crash(step: OutcomesStep, state: OutcomesState) -> OutcomesState:
        return step.load_state(1, shelf.keep(state.changes()))

    whole, state = run(_log(moves))
    parts, same = run(_log(moves), limit=limit, crash=crash)
    assert _plain(parts) == _plain(whole)
    assert shelf.keep(same.changes()).values == entries_of(state)


@settings(max_examples=50)
@given(_MOVES, st.integers(1, 7))
def test_processing_leaves_state_and_batch_as_they_are(moves: Moves, limit: int) -> None:
    step, waiting = OutcomesStep(pipeline()), _log(moves).waiting()
    state = step.new_state(1)

    def seen(batch: Sequence[Record]) -> object:
        maturing, orphaning = state.maturing, state.orphaning
        memory = state.windows.spans, state.models.texts, maturing.items, maturing.horizon, orphaning.items
        return entries_of(state), pickle.dumps((memory, orphaning.horizon, state.progress)), pickle.dumps(batch)

    while batch := step.take(state, waiting, limit):
        before = seen(batch)
        first, again = step.process(state, batch), step.process(state, batch)
        assert seen(batch) == before
        assert _plain(first.outputs) == _plain(again.outputs)
        state.apply(first.staged)


@settings(max_examples=50)
@given(_MOVES)
def test_a_silent_fold_gives_the_same_state(moves: Moves) -> None:
    step, waiting = OutcomesStep(pipeline()), _log(moves).waiting()
    folded = step.new_state(1)
    while batch := step.take(folded, waiting, 5):
        step.fold(folded, batch)
    assert entries_of(folded) == entries_of(run(_log(moves))[1])


@settings(max_examples=50)
@given(_MOVES)
def test_every_event_is_resolved_at_most_once_and_restated_in_order(
    moves: Moves,
) -> None:
    outputs, state = run(_log(moves))
    revisions: dict[int, list[int]] = {}
    for output in outputs:
        if output.kind == "driftmill.Outcome" and output.value is not None and output.value["seq"] >= 0:
            revisions.setdefault(output.value["seq"], []).append(output.value["revision"])
    assert all(found == list(range(len(found))) for found in revisions.values())
    assert all(seq in revisions for seq in range(state.progress.matured_seq + 1))


def test_states_of_another_policy_are_told_apart() -> None:
    assert OutcomesStep(pipeline()).digest != OutcomesStep(pipeline("negative")).digest
