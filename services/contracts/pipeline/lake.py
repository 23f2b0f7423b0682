"""The lake section: for how long what is about entities may be learnt from."""

from typing import Annotated

from services.contracts.pipeline.section import Positive, Section
from services.contracts.pipeline.units import Duration


class Lake(Section):
    """keep: since Kafka appended a record; whole days (UTC) that are past it are removed from the lake."""

    keep: Annotated[Duration, Positive]
