"""The entities of an event: whose past its features are made of."""

from services.contracts.pipeline.section import Identifier, Section

MOST = 4
"""So many entities may an event have."""


class Entity(Section):
    """`key`: the field of the event that names the entity.

    primary: whether its key is the key of every record of the data plane, which labels then have too; by default the
    first of the file. The others follow in the order of the file.
    """

    key: Identifier
    primary: bool | None = None
