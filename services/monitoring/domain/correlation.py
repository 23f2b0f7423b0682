"""Multivariate drift: numbers go together otherwise than they did, though each alone may look as it always has.

What decides is the sum over all pairs of the squared difference of Spearman's coefficients (the distance that Steiger
1980 tests). The error of a PCA reconstruction is a weighted sum of coefficients, which stays as it is where those that
change are of columns that no component joins: it is told beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.contracts.psi import apart_in
from services.contracts.rank_correlation import RankCorrelation
from services.monitoring.domain.distance import Evidence
from services.monitoring.domain.drift import Drift, cusum_of, span_of
from services.monitoring.domain.policy import Policy
from services.monitoring.domain.reconstruction import reconstruction_error
from services.monitoring.domain.window import Window

Floats = npt.NDArray[np.float64]

NAME = "correlation"
FEW = 50
"""Rows with both values that a pair needs on either side to be compared."""
A_COLUMN = 20
"""Rows for each column that windows are put together to: chance then makes a sum of about half of the least effect."""


@dataclass(slots=True, kw_only=True)
class CorrelationDrift(Drift[RankCorrelation]):
    """Watches all numbers at once."""

    reference: RankCorrelation

    @classmethod
    def of(cls, policy: Policy, version: str, windows: Sequence[Window]) -> "CorrelationDrift | None":
        """From the windows of a reference, None where they tell nothing of how numbers go together."""
        parts = [window.correlation for window in windows if window.correlation]
        if len(parts) < 2:
            return None
        span, names = span_of(policy, windows), ("multivariate", NAME, version)
        values = _within(parts, policy.overlap(*names[:2], span))
        return cls(cusum=cusum_of(policy, names, values, span), reference=RankCorrelation.merged(parts))

    def index(self, part: RankCorrelation) -> float:
        """The sum of squared differences, less what chance gives."""
        return float(differences(self.reference, part).sum())

    def evidence(self) -> tuple[Evidence, ...]:
        """The reconstruction error, and by how much it has grown."""
        now = reconstruction_error(self.reference, RankCorrelation.merged(self.since))
        grown = now - reconstruction_error(self.reference, self.reference)
        return (Evidence("pca_reconstruction", now, grown),)

    def columns(self) -> Mapping[str, float]:
        """Of each column the sum over its pairs."""
        found, names = differences(self.reference, RankCorrelation.merged(self.since)), self.reference.names
        pairs = np.zeros((len(names), len(names)))
        pairs[np.triu_indices(len(names), 1)] = found
        return dict(zip(names, np.maximum(0.0, pairs.sum(axis=0) + pairs.sum(axis=1)).tolist(), strict=True))


def differences(reference: RankCorrelation, current: RankCorrelation) -> Floats:
    """Of each pair the squared difference of its coefficients less what chance gives; 0 where rows are few."""
    known = (reference.rows >= FEW) & (current.rows >= FEW)
    before = reference.coefficients
    chance = (1 - before**2) ** 2 * (1 / np.maximum(1, reference.rows) + 1 / np.maximum(1, current.rows))
    return np.where(known, (current.coefficients - before) ** 2 - chance, 0.0)


def _within(parts: Sequence[RankCorrelation], overlap: int) -> Floats:
    """Of each window of a reference against the others, those near it left out, as `indices_within` has it."""
    apart, names = apart_in(len(parts), overlap), parts[0].names
    rows, products = np.array([part.rows for part in parts]), np.array([part.products for part in parts])
    values = []
    for i, part in enumerate(parts):
        near = slice(max(0, i - apart), i + apart + 1)
        others = (table.sum(axis=0) - table[near].sum(axis=0) for table in (rows, products))
        values.append(float(differences(RankCorrelation(names, *others), part).sum()))
    return np.array(values)
