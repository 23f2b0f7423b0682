"""A release as a play: profiles of a version in flight in, moves out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from services.contracts.manifest import Cost
from services.contracts.record import Output, Record, Result
from services.registry.domain.acceptance import Criterion, Verdict
from services.registry.domain.move import Move
from services.registry.domain.plan import Confirmation, Plan, Stage
from services.registry.step import RegistryStep

DAY = 86_400_000_000
BINS = [
    {"bin": number, "rows": 100, "score": 0.05 + number / 10, "positive_rate": 0.05 + number / 10}
    for number in range(10)
]
MEASURED = {
    "reliability": BINS,
    "confusion": {"true_positives": 80, "false_positives": 20, "false_negatives": 20, "true_negatives": 880},
}
"""A hold-out with as many rows in each tenth of scores, and a tenth of them decided positive; its loss is 0.1675."""

COST: Cost = {"alone": 0.125, "alone_p99": 0.25, "together": 1.75, "mib": 10.0}
"""Of serving, as its manifest says."""

SHADOW = Stage("shadow", 0.0, DAY, 1_000)
STEPS = tuple(Stage("canary", share, DAY, at_least) for share, at_least in ((0.05, 50), (0.25, 200), (1.0, 1_000)))
PLAN = Plan(stages=(SHADOW, *STEPS), guards=("errors", "score_shift", "decision_rate", "disagreement"), partitions=2)
CONFIRMED = replace(PLAN, guards=("errors", "score_shift"), confirmation=Confirmation(0.05, 30 * DAY, False))


def pair(**sums: Any) -> dict[str, Any]:
    """A PairSum: of 500 events unless told otherwise, with a tenth of them decided positive by both."""
    known: dict[str, Any] = {"other": "v1", "rows": 500, "answered": 0, "failed": 0, "positives": 50}
    known |= {"other_positives": 50, "disagreements": 20, "error": 0.0, "other_error": 0.0, "absolute": 0.0}
    return known | {"other_absolute": 0.0, "wrong": 0, "other_wrong": 0, "difference_squares": 0.0} | sums


def profile(stream: str, day: int, partition: int, version: str = "v2", **told: Any) -> dict[str, Any]:
    """A ProfileClosed of a window of one day, closed with it."""
    known: dict[str, Any] = {"stream": stream, "window_start": day * DAY, "window_end": (day + 1) * DAY}
    known |= {"version": version, "slice": "", "partition": partition, "up_to_seq": 7, "rows": 500, "positives": 0}
    known |= {"correct": 0, "censored": 0, "fields": [], "errors": [], "closed_at": (day + 1) * DAY, "pairs": []}
    return known | told


def scores(counts: Mapping[int, int] | None = None) -> dict[str, Any]:
    """The profile of 500 scores, as many in each tenth unless told otherwise by bin of 200."""
    counts = counts or {20 * tenth + 3: 50 for tenth in range(10)}
    moments = {"count": sum(counts.values()), "missing": 0, "mean": 0.5, "m2": 1.0, "minimum": 0.0, "maximum": 1.0}
    bins = {"bins": sorted(counts), "bin_counts": [counts[one] for one in sorted(counts)], "categories": {}}
    return {"name": "score"} | moments | bins


def asked(day: int, partition: int, share: float = 0.0, version: str = "v2", **sums: Any) -> dict[str, Any]:
    """A day of answers in shadow or canary."""
    sums = {"answered": int(share * 500)} | sums
    return profile("shadow", day, partition, version, fields=[scores()], pairs=[pair(**sums)])


def labelled(day: int, partition: int, gain: float, after: int = 3, **sums: Any) -> dict[str, Any]:
    """A day whose labels have matured `after` days later. gain: by how much the version's loss is below the other's,
    as a part of that."""
    loss = 0.1675 * 500
    sums = {"other_error": loss, "error": loss * (1 - gain)} | sums
    version = sums.pop("version", "v2")
    return profile("paired", day, partition, version, closed_at=(day + 1 + after) * DAY, pairs=[pair(**sums)])


def spent(milliseconds: float, version: str = "v2", rows: int = 1_000, calls: int = 10) -> dict[str, Any]:
    """A ServingMeasured: of 1,000 rows in ten calls unless told otherwise, for which 22 ms are allowed."""
    sums = {"rows": rows, "calls": calls, "milliseconds": milliseconds, "slowest": milliseconds / rows}
    return {"process": "shop.inference-0", "version": version} | sums


def days(first: int, last: int, gain: float | None = None, share: float = 1.0) -> list[dict[str, Any]]:
    """Days of both partitions, with the labels that have matured on each."""
    told = []
    for day in range(first, last):
        told += [asked(day, partition, share) for partition in (0, 1)]
        if gain is not None and day >= first + 3:
            told += [labelled(day - 3, partition, gain) for partition in (0, 1)]
    return told


class Play:
    """A registry that accepts every candidate, and what it wrote."""

    def __init__(self, plan: Plan) -> None:
        good = Criterion("better", True, 0.1, 0.0, 0.05, 0.2, 100, "better: holds")
        self.step = RegistryStep(lambda _offer: Verdict(True, (good,)), plan)
        self.state = self.step.new_state(0)
        self.written: list[Output] = []

    def take(self, record: Record) -> Result[list[Move]]:
        """One record, and its commit."""
        result = self.step.process(self.state, [record])
        self.state.apply(result.staged)
        self.written += result.outputs
        return result

    def offer(self, version: str, clock: int = 0, digest: str | None = None) -> list[str]:
        """The moves that follow from a candidate."""
        value = {
            "version": version,
            "run_id": f"run-{version}",
            "clock": clock,
            "model_uri": f"models/{version}.onnx",
            "model_digest": digest or f"digest of {version}",
            "manifest": orjson.dumps({"version": version, "measured": MEASURED, "cost": COST}),
            "signature": b"s",
            "key_id": "signing",
        }
        return told(self.take(Record("candidates", 0, 0, 0, version, "driftmill.CandidateProposed", value)))

    def see(self, *profiles: Mapping[str, Any]) -> list[str]:
        """The moves that follow from profiles."""
        return [move for one in profiles for move in self._see(one)]

    def serve(self, *measurements: Mapping[str, Any]) -> list[str]:
        """The moves that follow from measurements of what scoring took."""
        return [
            move
            for one in measurements
            for move in told(self.take(Record("costs", 0, 0, 0, "", "driftmill.ServingMeasured", one)))
        ]

    def ask(self, kind: str, version: str, **more: Any) -> list[str]:
        """The moves that follow from what a person asks for, or why there are none."""
        value = {"request_id": "r", "version": version, "by": "ann", "reason": "seen"} | more
        result = self.take(Record("requests", 0, 0, 77, "r", f"driftmill.{kind}", value))
        refused = [one.value["reason"] for one in result.outputs if one.topic == "audit" and one.value]
        return told(result) or refused

    def moves(self) -> list[Mapping[str, Any]]:
        """All that were made."""
        values = [one.value for one in self.written if one.kind == "driftmill.ModelMoved"]
        return [value for value in values if value is not None]

    def viewed(self, key: str) -> tuple[str, str, float] | None:
        """Version, state and share that `models` has under a key."""
        value = next(one for one in reversed(self.written) if (one.topic, one.key) == ("models", key)).value
        return None if value is None else (value["version"], value["state"], value["share"])

    def _see(self, value: Mapping[str, Any]) -> list[str]:
        return told(self.take(Record("profiles", 0, 0, 0, "", "driftmill.ProfileClosed", value)))


def told(result: Result[list[Move]]) -> list[str]:
    """Moves in short."""
    return [short(fact) for fact in result.staged if "to_state" in fact]


def short(move: Mapping[str, Any]) -> str:
    """`v2 shadow → canary 5%`."""
    share = f" {move['share']:.0%}" if move["to_state"] == "canary" else ""
    return f"{move['version']} {move['from_state']} → {move['to_state']}{share}"


def begun(plan: Plan) -> Play:
    """v1 answers, and v2 has taken flight."""
    play = Play(plan)
    play.offer("v1")
    if plan.stages:
        play.ask("MoveRequested", "v1", to_state="champion")
    play.offer("v2")
    return play


def history(written: Iterable[Output]) -> list[Record]:
    """The log that was written."""
    return [
        Record("models.history", 0, number, 0, one.key, one.kind, one.value)
        for number, one in enumerate(written)
        if one.topic == "models.history" and one.value is not None
    ]
