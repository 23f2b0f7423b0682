"""The layouts of all feature sets that were ever applied."""

from collections.abc import Callable, Sequence

from services.contracts.pipeline import Layout, Pipeline, PipelineInvalid
from services.contracts.record import Record


class Layouts:
    """Found when a vector asks: features may have been started with another pipeline before this process, or after it.

    read: gives all records of `configs`.
    """

    def __init__(self, read: Callable[[], Sequence[Record]]) -> None:
        self._read = read
        self._known: dict[str, Layout | None] = {}

    def find(self, feature_set: str) -> Layout | None:
        """The layout of a set, None if it was never applied. Raises TransientError.

        A set is applied before anything is computed of it, so what isn't there now never will be.
        """
        if feature_set not in self._known:
            self._known[feature_set] = None
            try:
                self._known |= {found.feature_set: found for found in map(_layout, self._read()) if found}
            except Exception:
                del self._known[feature_set]
                raise
        return self._known[feature_set]


def _layout(applied: Record) -> Layout | None:
    """None for what this version can't read."""
    try:
        return Pipeline.from_texts(applied.value["texts"]).resolved.layout
    except PipelineInvalid:
        return None
