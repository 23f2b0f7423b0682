"""What an online learner lost beside each version, by what training measured of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from services.cli.domain.live_measures import View, measure_row
from services.contracts.tally import Part, ratio

METRIC = "yardstick_advantage"


def beside_yardstick(measured: Iterable[Mapping[str, Any]]) -> list[View]:
    """A row a version, as `live_measures` has them. realised: by how much less the learner lost an outcome that the
    version answered, in the mean, with a 95 % interval by datasets; nothing is expected of it. measured:
    `driftmill.YardstickMeasured`.
    """
    parts: dict[str, list[Part]] = defaultdict(list)
    for one in measured:
        for sums in one["pairs"]:
            parts[sums["version"]].append((sums["other_loss"] - sums["loss"], float(sums["rows"])))
    return [_row(version, its) for version, its in sorted(parts.items())]


def _row(version: str, parts: list[Part]) -> View:
    common = {"judged": round(sum(rows for _, rows in parts)), "matured": None}
    return measure_row(version, "", METRIC, ratio(parts), common, None, None)
