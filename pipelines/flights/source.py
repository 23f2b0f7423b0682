"""Flights from Houston in 2011 (hflights; US Bureau of Transportation Statistics, CC0).

An event is a flight at its scheduled departure; whether it is late is known when it has landed. Cancelled and diverted
flights never land and are left out. Times are local to the airport of departure.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

DAY = pd.Timedelta("1D")
LATE = 15
"""Minutes after the scheduled arrival from which a flight counts as late."""


def read(data: Path | None, *, seed: int, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and labels of the file, in their order of time. options: `events`: how many of them, from the first."""
    if data is None:
        raise ValueError("flights has no generator: name the file, --data hflights.csv.gz")
    flown = pd.read_csv(data)
    flown = flown[(flown["Cancelled"] == 0) & (flown["Diverted"] == 0) & flown["ArrDelay"].notna()]
    departed = _departed(flown)
    scheduled = departed - pd.to_timedelta(flown["DepDelay"], unit="min")
    landed = departed + pd.to_timedelta(flown["ActualElapsedTime"], unit="min")
    flown = flown.assign(scheduled=scheduled, landed=landed.where(landed > scheduled, scheduled))
    flown = flown.sort_values(["scheduled", "FlightNum"], kind="stable").reset_index(drop=True)
    return _tables(flown.head(int(options.get("events", len(flown)))))


def _departed(flown: pd.DataFrame) -> pd.Series:
    """When each left: the file gives the scheduled day and the clock, which may be past midnight or before it."""
    day = pd.to_datetime({"year": flown["Year"], "month": flown["Month"], "day": flown["DayofMonth"]})
    clock = pd.to_timedelta(flown["DepTime"] // 100 * 60 + flown["DepTime"] % 100, unit="min")
    delay = pd.to_timedelta(flown["DepDelay"], unit="min")
    departed = day + clock
    departed = departed.where(departed - delay >= day, departed + DAY)
    return departed.where((departed - delay).dt.normalize() <= day, departed - DAY)


def _tables(flown: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    flight_id = [f"f{number:06d}" for number in range(len(flown))]
    events = pd.DataFrame(
        {
            "flight_id": flight_id,
            "scheduled_at": flown["scheduled"].astype("datetime64[us]").astype(np.int64),
            "carrier": flown["UniqueCarrier"],
            "flight_num": flown["FlightNum"].astype(int),
            "tail": flown["TailNum"],
            "origin": flown["Origin"],
            "dest": flown["Dest"],
            "distance": flown["Distance"].astype(float),
        }
    )
    labels = pd.DataFrame(
        {
            "flight_id": flight_id,
            "carrier": flown["UniqueCarrier"],
            "late": flown["ArrDelay"] > LATE,
            "minutes": flown["ArrDelay"].astype(float),
            "landed_at": flown["landed"].astype("datetime64[us]").astype(np.int64),
        }
    )
    return events, labels
