"""A schema registry and a codec for every test that asks."""

from collections.abc import Iterator

import pytest

from services.chassis.codec import Codec
from tests.schema_server import SchemaServer, schema_server
from tests.unit.chassis.scene import codec_at


@pytest.fixture
def server() -> Iterator[SchemaServer]:
    """A schema registry of the test's own."""
    with schema_server() as running:
        yield running


@pytest.fixture
def codec(server: SchemaServer) -> Codec:
    """A codec of the pipeline `shop` on that registry."""
    return codec_at(server)
