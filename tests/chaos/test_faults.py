"""Faults leave everything exactly once; the protections that are left out one by one show that this would be seen."""

import pytest

from tests.chaos.failpoints import kill_at_each
from tests.chaos.network import late_end
from tests.chaos.sabotage import red, without
from tests.chaos.stage import stage
from tests.chaos.world import World, found

pytestmark = pytest.mark.timeout(400)
_POINTS = ("offsets", "committing", "committed", "replay", "abort", "doubt")
_FIRST = 6


def test_a_service_dies_where_it_hurts_and_nothing_is_lost_or_doubled(world: World) -> None:
    with stage(world.broker.endpoints, world.home) as made:
        made.start()
        made.traffic.start()
        made.flows()
        kill_at_each(made, "features", _POINTS, seed=3)
        made.flows()
        finding = found(made)
    assert finding.troubles == []
    assert set(finding.hits) == {f"features at {point}" for point in _POINTS}


def test_a_commit_that_comes_late_ends_no_other_transaction(world: World) -> None:
    assert late_end(world).troubles == []


def test_without_a_new_producer_a_late_commit_ends_the_next_transaction(world: World) -> None:
    red(lambda: late_end(world, **without("recycling")))


@pytest.mark.parametrize("duty", ["", "rewind"])
def test_what_is_aborted_is_done_again_if_the_service_rewinds(world: World, duty: str) -> None:
    with stage(world.broker.endpoints, world.home) as made:
        made.start(("validation", "features"))
        made.start(("inference",), {"DRIFTMILL_FAILPOINT": f"produced:{_FIRST}:raise", **without(duty)})
        made.traffic.start()
        made.flows()
        made.hit("aborted", len(made["inference"].told("fail-point")))
        finding = found(made)
    assert finding.hits["aborted"] == 1
    answered = next(one for one in finding.invariants if one.name == "answered")
    assert answered.holds is (duty == "")
