"""A process that was taken for dead and comes back; two minutes, so it is asked for by name."""

import pytest

from tests.chaos.restarts import zombie
from tests.chaos.sabotage import red, without
from tests.chaos.world import World

pytestmark = pytest.mark.timeout(400)


def test_a_frozen_replica_commits_nothing_after_another_has_taken_over(world: World) -> None:
    assert zombie(world).troubles == []


def test_without_the_groups_fence_a_frozen_replica_doubles_answers(world: World) -> None:
    red(lambda: zombie(world, **without("group-metadata")))
