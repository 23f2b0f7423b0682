"""The electricity market of New South Wales (elec2; Harries 1999), half-hours of 1996 to 1998.

Whether the price is above its mean of the last day can be read off the half-hour's own price, so the price travels in
the label, which is known when the half-hour is over, never in the event.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

HALF_HOUR = 30 * 60 * 1_000_000


def read(data: Path | None, *, seed: int, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and labels of the file, in their order of time. options: `events`: how many of them, from the first."""
    if data is None:
        raise ValueError("electricity has no generator: name the file, --data elec2.csv.gz")
    rows = int(options["events"]) if "events" in options else None
    table = pd.read_csv(data, parse_dates=["timestamp"], nrows=rows)
    read_at = table["timestamp"].astype("datetime64[us]").astype(np.int64)
    reading_id = table["timestamp"].dt.strftime("NSW-%Y%m%dT%H%M")
    measured = table[["nswdemand", "vicprice", "vicdemand", "transfer"]].astype(float)
    events = measured.assign(reading_id=reading_id, read_at=read_at, market="NSW", day=table["day"].astype(int))
    labels = pd.DataFrame(
        {
            "reading_id": reading_id,
            "market": "NSW",
            "up": table["label_up"].astype(bool),
            "price": table["nswprice"].astype(float),
            "known_at": read_at + HALF_HOUR,
        }
    )
    return events, labels
