"""What was measured, as a page."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.meter import Rate
from tests.results.page import commit, machine, table

_HEAD = """# Benchmarks

Made by `scripts/bench` (last part at commit {commit}) on {machine}. Everybody reads the same records from the same
broker and does the same work, one after the other, in turns; a ratio is the median of the ratios of the rounds, bold
where it falls short. *Wall* is records a second by the clock, which depends on what else the machine does; *CPU* is the
processor time of the whole process, client threads included, for one record. *load* is the machine's load average when
a part began: above the number of cores, rates by the clock are those of a busy machine."""


@dataclass(frozen=True)
class Against:
    """Somebody to compare with. name: of the contestant. least: the ratio that must be reached."""

    name: str
    words: str
    least: float


@dataclass(frozen=True)
class Part:
    """One measure. ours: name of our contestant."""

    title: str
    words: str
    ours: str
    against: tuple[Against, ...]


PARTS = {
    "inference": Part(
        "The inference hop",
        "Vectors of 30 numbers and 3 categories, each with a tracing header; a logistic champion in ONNX. Ours commits "
        "exactly once and writes the features into the answer; the bare loop writes id and score, no transactions.",
        "driftmill",
        (
            Against("bare", "bare loop: no transactions, no duties", 0.75),
            Against("quix", "Quix Streams, exactly once", 2.5),
            Against("faust", "Faust, at least once", 15.0),
        ),
    ),
}


def document(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """The page, of the parts that were measured."""
    sections = [_HEAD.format(commit=commit(), machine=machine())]
    sections += [_part(part, kept[name]) for name, part in PARTS.items() if name in kept]
    return "\n\n".join(sections) + "\n"


def _part(part: Part, kept: Mapping[str, Any]) -> str:
    rounds = [{name: Rate(**rate) for name, rate in one.items()} for one in kept["rounds"]]
    there = [against for against in part.against if all(against.name in one for one in rounds)]
    names = [(part.ours, "Driftmill"), *((against.name, against.words) for against in there)]
    rates = [(words, Rate.median([one[name] for one in rounds])) for name, words in names]
    figures = table(
        ("", "records/s", "CPU µs a record"), [(words, round(r.per_second), f"{r.cpu_us:.1f}") for words, r in rates]
    )
    ratios = table(
        ("Driftmill ÷", "must reach", "wall", "CPU"),
        [(against.words, against.least, *_ratios(part.ours, against, rounds)) for against in there],
    )
    head = f"## {part.title}\n\n{part.words} {len(rounds)} rounds, load {kept['load']:.1f}."
    return f"{head}\n\n{figures}\n\n{ratios}"


def _ratios(ours: str, against: Against, rounds: Sequence[Mapping[str, Rate]]) -> tuple[str, str]:
    """How many times as fast, and how many times as cheap."""
    wall = statistics.median(one[ours].per_second / one[against.name].per_second for one in rounds)
    cpu = statistics.median(one[against.name].cpu_us / one[ours].cpu_us for one in rounds)
    return _verdict(wall, against.least), _verdict(cpu, against.least)


def _verdict(ratio: float, least: float) -> str:
    return f"{ratio:.2f}" if ratio >= least else f"**{ratio:.2f}**"
