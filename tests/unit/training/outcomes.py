"""An outcome as it is read from the lake."""

from typing import Any

import numpy as np


def outcome(**changed: Any) -> dict[str, Any]:
    """Two numbers, of which one is missing, and a category."""
    plain: dict[str, Any] = {
        "partition": 0,
        "seq": 1,
        "event_time": 100,
        "label_time": 200,
        "label": 1.0,
        "feature_set": "f",
        "numbers": np.array([1.5, np.nan], "<f4").tobytes(),
        "categories": ["DE"],
    }
    return plain | changed
