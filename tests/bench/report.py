"""What was measured, as a page."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.meter import Rate
from tests.results.page import machine, table

_HEAD = """# Benchmarks

Made by `scripts/bench` on {machine}. Contestants read the same records from the same broker and do the same work, in
turns; a ratio is the median of the ratios of the rounds, bold where it falls short. *Wall* is records a second by the
clock, which depends on what else the machine does; *CPU* is the processor time of the whole process, client threads
included, for one record. *load* is the machine's load average when a part began: above the number of cores, rates by
the clock are those of a busy machine. A virtual machine's cores are fast on one day and slow on another: the bare loop
of the inference hop tells how fast these were."""


@dataclass(frozen=True)
class Against:
    """Somebody to compare with. name: of the contestant. least: the ratio that must be reached."""

    name: str
    words: str
    least: float


def document(sections: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """The page. sections: each one's text, and what is kept of its measure."""
    told = [f"{text}\n\nMeasured at commit {kept['commit']}, load {kept['load']:.1f}." for text, kept in sections]
    return "\n\n".join([_HEAD.format(machine=machine()), *told]) + "\n"


def compared(rounds: Sequence[Mapping[str, Mapping[str, float]]], ours: str, against: Sequence[Against]) -> str:
    """The tables of rates and ratios. rounds: rates by contestant. ours: name of our contestant."""
    rates = [{name: Rate(**rate) for name, rate in one.items()} for one in rounds]
    there = [other for other in against if all(other.name in one for one in rates)]
    names = [(ours, "Driftmill"), *((other.name, other.words) for other in there)]
    medians = [(words, Rate.median([one[name] for one in rates])) for name, words in names]
    figures = table(
        ("", "records/s", "CPU µs a record"), [(words, round(r.per_second), f"{r.cpu_us:.1f}") for words, r in medians]
    )
    ratios = table(
        ("Driftmill ÷", "must reach", "wall", "CPU"),
        [(other.words, other.least, *_ratios(ours, other, rates)) for other in there],
    )
    return f"{figures}\n\n{ratios}" if there else figures


def at_least(value: float, least: float, digits: int = 2) -> str:
    """A number that falls short below `least`."""
    return f"{value:,.{digits}f}" if value >= least else f"**{value:,.{digits}f}**"


def at_most(value: float, most: float, digits: int = 2) -> str:
    """A number that falls short above `most`."""
    return f"{value:,.{digits}f}" if value <= most else f"**{value:,.{digits}f}**"


def _ratios(ours: str, against: Against, rounds: Sequence[Mapping[str, Rate]]) -> tuple[str, str]:
    """How many times as fast, and how many times as cheap."""
    wall = statistics.median(one[ours].per_second / one[against.name].per_second for one in rounds)
    cpu = statistics.median(one[against.name].cpu_us / one[ours].cpu_us for one in rounds)
    return at_least(wall, against.least), at_least(cpu, against.least)
