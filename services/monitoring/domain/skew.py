"""Train against serve: features that were served otherwise than the log gives them when they are recomputed.

Both ways are exact, so a single difference is one too many, and none has to be told from chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.contracts.skew import STREAM, VECTOR, SkewCount
from services.monitoring.domain.alert import Cleared, Fact, Raised, alert_id
from services.monitoring.domain.cusum import CALM
from services.monitoring.domain.window import Profile

Place = tuple[str, int]
"""Stage of features and partition, of which each tells its windows in their order."""


@dataclass(slots=True)
class SkewWatch:
    """An alert for each feature that differs, whichever model answers; over when it differed nowhere in several windows
    in a row with events to compare, wherever it did."""

    pipeline: str
    open: dict[str, Raised] = field(default_factory=dict)
    _reached: dict[Place, int] = field(default_factory=dict)
    _calm: dict[str, dict[Place, int]] = field(default_factory=dict)

    def update(self, profile: Profile) -> list[Fact]:
        """Take in a profile of the stream; one that comes again changes nothing."""
        place = profile["slice"], profile["partition"]
        if profile["window_end"] <= self._reached.get(place, -1):
            return []
        self._reached[place] = profile["window_end"]
        counts = {one["name"]: SkewCount.from_record(one) for one in profile["skew"]}
        differing = [one for one in counts.values() if one.differing]
        raised = {one.name: self._raise(one, profile) for one in differing if one.name not in self.open}
        self.open |= raised
        for one in differing:
            self._calm.setdefault(one.name, {})[place] = 0
        return [*raised.values(), *self._over(place, counts, profile["closed_at"])]

    def _over(self, place: Place, counts: dict[str, SkewCount], clock: int) -> Iterator[Fact]:
        compared = max((one.rows for one in counts.values()), default=0)
        for name in [name for name, places in self._calm.items() if place in places]:
            places = self._calm[name]
            # a feature that isn't told of any more has gone with its definition
            if not compared or (name in counts and counts[name].differing):
                continue
            places[place] += 1
            if places[place] == CALM:
                del places[place]
            if not places:
                del self._calm[name]
                yield Cleared(self.open.pop(name).alert_id, clock, "recovered")

    def _raise(self, one: SkewCount, profile: Profile) -> Raised:
        stage, partition = profile["slice"], profile["partition"]
        return Raised(
            alert_id=alert_id(self.pipeline, STREAM, one.name, f"{stage}/{partition}", profile["window_end"]),
            kind=STREAM,
            name=one.name,
            version="",
            clock=profile["closed_at"],
            value=one.differing / one.rows,
            threshold=0.0,
            change=None,
            message=f"{_words(one)}, in partition {partition} of {stage}.",
        )


def _words(one: SkewCount) -> str:
    if one.name == VECTOR:
        return f"{one.missing:,} of {one.rows:,} events have no vector"
    parts = f"{one.mismatched:,} mismatched, {one.missing:,} missing, {one.extra:,} extra"
    return f"{one.differing:,} of {one.rows:,} served values of {one.name} aren't what the log gives: {parts}"
