"""The entity whose events belong together: its key is the key of every record of the data plane."""

from typing import Literal

from services.contracts.pipeline.section import Identifier, Section


class Entity(Section):
    """`key`: the field of events and labels that names the entity."""

    key: Identifier
    primary: Literal[True] = True
