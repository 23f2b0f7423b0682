"""How often what probabilities promised came true: sums by ten equal parts of them."""

from typing import Any

import numpy as np

from services.outcomes.domain.answer import RIGHT_FROM
from services.outcomes.domain.rows import Rows

BINS = 10
UNIT = 2**40
"""Probabilities are added up as whole numbers of its parts, so that the sum is the same in whatever parts they come."""


class Reliability:
    """Sums over answers with a score and a label, each as often as it stands for events."""

    def __init__(self) -> None:
        self._rows, self._positives, self._scores = [0] * BINS, [0] * BINS, [0] * BINS

    def update(self, its: Rows) -> None:
        """Take in the answers that come next."""
        bins = np.clip((its["score"] * BINS).astype(np.int64), 0, BINS - 1)
        scaled = np.rint(its["score"] * UNIT).astype(np.int64)
        weight = its["weight"].astype(np.int64)
        positive = its["label"] >= RIGHT_FROM
        for place in np.unique(bins).tolist():
            inside = bins == place
            self._rows[place] += int(weight[inside].sum())
            self._positives[place] += int(weight[inside & positive].sum())
            self._scores[place] += int((scaled[inside] * weight[inside]).sum())

    def to_record(self) -> list[dict[str, Any]]:
        """As `ScoreBin` of ProfileClosed.avsc; parts without rows are left out."""
        sums = enumerate(zip(self._rows, self._scores, self._positives, strict=True))
        return [
            {"bin": place, "rows": rows, "scores": scores / UNIT, "positives": positives}
            for place, (rows, scores, positives) in sums
            if rows
        ]
