"""The monitor section: how long a window is, and how often it may be wrong."""

from typing import Annotated

from services.contracts.pipeline.section import Positive, Section
from services.contracts.pipeline.units import Duration, Rate


class Monitor(Section):
    """window: of event time, for profiles and drift tests. false_alarms: how many are allowed on stationary data."""

    window: Annotated[Duration, Positive] = Duration("1d")
    false_alarms: Rate = Rate.read("1/week")
