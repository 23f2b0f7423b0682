"""Bikes hired by the hour: a seeded generator, or the public stream of Washington DC, 2011 and 2012 (UCI Bike Sharing).

The generated story: a rhythm of the week with two rush hours on working days, weather that keeps people at home, a
service that grows. From the day of the drift on commuters stay away, and rides are those of leisure. The count of an
hour is known when the hour is over.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOUR = 3600 * 1_000_000
START = pd.Timestamp("2025-01-06")
"""A Monday."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read(data: Path | None, *, seed: int, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events and labels, in their order of time.

    data: the public stream's file, or None for the generated one. options: `events` (hours, from the first) and, of the
    generated one, `drift` (day of the change of habits, or `none`). Raises ValueError for options that make no story.
    """
    if data is not None:
        return _public(data, options)
    hours, drift = int(options.get("events", str(24 * 200))), options.get("drift", "120")
    changed = float(hours) if drift == "none" else float(drift)
    if hours < 24 or changed < 0:
        raise ValueError("expected events ≥ 24, drift ≥ 0 or none")
    return generate(seed, hours, changed)


def generate(seed: int, hours: int, changed: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The story; equal arguments give equal tables. changed: the day from which habits are others."""
    rng = np.random.default_rng(seed)
    time = pd.Series(START + pd.to_timedelta(np.arange(hours), unit="h"))
    since = np.arange(hours, dtype=np.float64)
    day, hour = np.divide(since, 24.0), np.mod(since, 24.0)
    working = np.floor(day) % 7 < 5
    temp = np.clip(
        0.4 - 0.25 * np.cos(2 * np.pi * day / 365) + 0.08 * _bump(hour, 15, 5) + _slow(rng, hours, 0.06), 0, 1
    )
    wet = _slow(rng, hours, 1.0)
    weather = 1 + (wet > 0.8) + (wet > 1.6)
    rush = _bump(hour, 8, 1.2) + 1.2 * _bump(hour, 17, 1.8)
    leisure = _bump(hour, 14, 4.0)
    commuters = np.where(day < changed, 1.0, 0.25)
    habit = np.where(working, commuters * rush + 0.3 * leisure, (2 - commuters) * leisure)
    level = 260 * (1 + day / 400) * (0.4 + temp) * np.array([1.0, 0.75, 0.35])[weather - 1]
    count = rng.poisson(5 + level * habit * np.exp(rng.normal(0, 0.12, hours)))
    table = pd.DataFrame({"season": (time.dt.month % 12 // 3 + 1), "holiday": False, "workingday": working})
    measured = table.assign(weather=weather, temp=temp, humidity=np.clip(0.55 + 0.12 * wet, 0, 1), windspeed=0.2)
    return _tables(time, measured, pd.Series(count))


def _bump(hour: Floats, middle: float, width: float) -> Floats:
    found: Floats = np.exp(-(((hour - middle) / width) ** 2))
    return found


def _slow(rng: np.random.Generator, hours: int, size: float) -> Floats:
    """Weather of days, not of hours."""
    days = rng.normal(0, size, hours // 24 + 2)
    found: Floats = np.interp(np.arange(hours) / 24, np.arange(len(days)), days)
    return found


def _public(data: Path, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = int(options["events"]) if "events" in options else None
    table = pd.read_csv(data, nrows=rows)
    time = pd.to_datetime(table["dteday"]) + pd.to_timedelta(table["hr"], unit="h")
    measured = table[["season", "temp", "windspeed"]].assign(
        holiday=table["holiday"] == 1,
        workingday=table["workingday"] == 1,
        weather=table["weathersit"],
        humidity=table["hum"],
    )
    return _tables(time, measured, table["cnt"])


def _tables(time: pd.Series, measured: pd.DataFrame, count: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    begun_at = time.astype("datetime64[us]").astype(np.int64)
    hour_id = time.dt.strftime("DC-%Y%m%dT%H")
    slot = [f"{DAYS[at.weekday()]}-{at.hour:02}" for at in time]
    events = measured.assign(hour_id=hour_id, begun_at=begun_at, city="DC", week_hour=slot)
    labels = pd.DataFrame(
        {"hour_id": hour_id, "city": "DC", "week_hour": slot, "count": count.astype(int), "known_at": begun_at + HOUR}
    )
    return events, labels
