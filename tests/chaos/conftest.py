"""A broker of the chaos tests' own, with a listener behind a proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.listener import Ground, ground
from tests.chaos.world import World


# not for the whole session: while it lasts, every broker that is started gets its listeners
@pytest.fixture(scope="module")
def own_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.fixture
def world(own_ground: Ground, tmp_path: Path) -> World:
    """Faults are about inference alone, unless a test says otherwise."""
    return World(own_ground, tmp_path, services=("inference",))
