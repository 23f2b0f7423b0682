"""A year of parts in which what makes them bad changes: at once, then slowly, and long not at all.

A part comes back with the probability sigmoid(3 · (cos θ · heat + sin θ · speed)); θ is the story. Known a day later.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAY = 86_400_000_000
START = int(pd.Timestamp("2025-01-06").value // 1_000)
A_DAY = 240
"""Parts."""
SUDDEN, SLOW, SLOWED, END = 45, 100, 106, 200
"""Days: of the change at once, of the beginning and the end of the slow one, of the end of the story."""
WORSENED, OFFERED = 150, 160
"""Days: the pipeline is changed for the worse; a model that lies about itself is offered."""


def read(data: Path | None, *, seed: int, options: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parts and what became of them. options: `from`, `to`, days of the story."""
    parts = story(seed)
    day = np.arange(len(parts)) // A_DAY
    chosen = parts[(day >= int(options.get("from", "0"))) & (day < int(options.get("to", str(END))))]
    events = chosen.drop(columns=["returned", "chance"])
    labels = chosen[["part_id", "plant", "returned"]].assign(known_at=chosen["made_at"] + DAY)
    return events, labels


def story(seed: int) -> pd.DataFrame:
    """All parts, with the chance that each had to come back."""
    rng, rows = np.random.default_rng(seed), A_DAY * END
    day = np.arange(rows) / A_DAY
    heat, speed, noise = rng.normal(size=(3, rows))
    theta = angle(day)
    chance = 1 / (1 + np.exp(-3 * (np.cos(theta) * heat + np.sin(theta) * speed)))
    return pd.DataFrame(
        {
            "part_id": [f"p{number}" for number in range(rows)],
            "made_at": START + (day * DAY).astype(np.int64),
            "plant": [f"plant{number}" for number in rng.integers(0, 24, rows)],
            "line": rng.choice(["a", "b", "c"], rows),
            "heat": heat,
            "speed": speed,
            "noise": noise,
            "chance": chance,
            "returned": rng.random(rows) < chance,
        }
    )


def angle(day: Floats) -> Floats:
    """What counts: first heat and speed alike, then heat against speed, at last little heat, against speed."""
    slowly = np.clip((day - SLOW) / (SLOWED - SLOW), 0, 1)
    found: Floats = np.where(day < SUDDEN, np.pi / 4, -np.pi / 4 - slowly * np.pi / 2)
    return found
