"""What was measured, as Markdown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.results.demos import Summary, differences
from tests.results.page import machine, table

_AIM_MB = 300
_FAILS = "**fails**"
_BOUNDS = (
    ("electricity", "accuracy over deciles 3 to 10", 0.88, 0.93),
    ("flights", "AUC over deciles 3 to 10", 0.69, 0.72),
)
_PUBLIC = "public payments"
_LEAST_RATIO = 1.25
_DEMOS = (
    "payments",
    "payments seed 1",
    "payments seed 2",
    "payments without drift",
    "electricity",
    "flights",
    _PUBLIC,
)
_HEAD = """# Results

Made by `scripts/results` on {machine}. Every figure is read from what the running platform did: answers as they were
served, joined with labels that came later. Only the column of the first model kept is scored again, from its file; its
own answers come out as they were served. *load* is the machine's load average when a part began: above 1, times are
upper bounds. Parts are measured one by one, each with the commit that is named."""
_ALERT = """The time from the alert holds the wait for labels after the change, which is event time and so depends on
how fast a stream is played; the time from the run's begin is the machine's alone.

"""
_MEMORY = f"""Largest resident memory seen, worker processes included, in MB. The aim is {_AIM_MB}; more is bold.

"""
_CHAIN = """{events:,} payments and their labels lay in the raw topic when all data-plane services were started on it
together: **{rate:,.0f} events/s** from the first accepted event to the last answer, given by the baseline. Records a
second written to each topic meanwhile: {rates}. Measured at {when}."""


@dataclass(frozen=True)
class Measured:
    """A part of the results. load: of the machine when it began. commit: of the code that was measured."""

    load: float
    commit: str
    found: dict[str, Any]

    @property
    def summary(self) -> Summary:
        """Of a demo."""
        return self.found["summary"]  # type: ignore[no-any-return]


def document(measured: Mapping[str, Measured]) -> str:
    """The whole document, of those parts that were measured."""
    demos = {name: measured[name] for name in _DEMOS if name in measured}
    sections = [_HEAD.format(machine=machine())]
    if "newcomer" in measured:
        head = ("in an empty directory", "exit code", "seconds", "its closing words")
        sections.append("## A newcomer's start\n\n" + table(head, measured["newcomer"].found["steps"]))
    sections += [f"## Demo: {name}\n\n{_demo(found)}" for name, found in demos.items()]
    sections.append("## Bounds\n\n" + "\n".join(_bounds(measured)))
    sections.append("## The same whatever the machine does\n\n" + "\n".join(_same(measured)))
    sections.append("## From a run, and from an alert, to answers\n\n" + _ALERT + _timings(demos))
    sections.append("## Memory\n\n" + _MEMORY + _memory(demos))
    if "chain" in measured:
        sections.append("## Events a second through the whole chain\n\n" + _chain(measured["chain"]))
    return "\n\n".join(sections) + "\n"


def held(text: str) -> bool:
    """Whether nothing in a document fails."""
    return _FAILS not in text


def _demo(measured: Measured) -> str:
    summary = measured.summary
    verdict = "the loop closed" if summary["closed"] else f"{_FAILS}: " + "; ".join(summary["problems"])
    parts = [
        f"`{measured.found['command']}`: exit code {measured.found['exit_code']}, {verdict}. "
        f"{summary['events']:,} events in {summary['seconds']:.0f} s, the first answer after "
        f"{summary['first_answer_seconds']:.0f} s ({_when(measured)}). {summary['alerts']} alerts; "
        f"{len(summary['released'])} versions released, {len(summary['refused'])} refused.",
        _moves(summary),
        _periods(summary),
    ]
    if late := summary["late_deciles"]:
        parts.append("Over deciles 3 to 10: " + ", ".join(f"{_words(k)} {v:.3f}" for k, v in late.items()) + ".")
    if (difference := summary["difference"]) is not None:
        parts.append(
            f"Loop less {summary['first_model']} kept, since its release: {difference['value']:+.3f} "
            f"(95 % interval {difference['low']:+.3f} to {difference['high']:+.3f}, by {difference['days']} days)."
        )
    return "\n\n".join(part for part in parts if part)


def _moves(summary: Summary) -> str:
    told = [move for move in summary["moves"] if move["to"] in ("champion", "rejected")]
    return "\n".join(f"- {move['clock'][:10]} {move['version']} → {move['to']}: {move['reason']}" for move in told)


def _periods(summary: Summary) -> str:
    head = ("from", "outcomes", "positive", "baseline", f"{summary['first_model']} kept", "loop", "answers by")
    numbers = ("baseline", "first_model_kept", "loop")
    rows = [
        [row["from"][:10], row["rows"], row["positives"], *(f"{row[n]:.3f}" for n in numbers), ", ".join(row["models"])]
        for row in summary["periods"]
    ]
    return f"{_words(summary['measure'])}:\n\n{table(head, rows)}" if rows else ""


def _bounds(measured: Mapping[str, Measured]) -> Iterable[str]:
    for name, what, low, high in _BOUNDS:
        if name in measured:
            value = measured[name].summary["late_deciles"].get("loop", 0.0)
            verdict = "holds" if low <= value <= high else _FAILS
            yield f"- {name}, {what}: {value:.3f}, at least {low}, and above {high} it would be a leak: {verdict}"
    if _PUBLIC in measured:
        ratio = _ratio(measured[_PUBLIC].summary)
        verdict = "holds" if ratio >= _LEAST_RATIO else _FAILS
        what = "weekly average precision ÷ that of the first model kept"
        yield f"- {_PUBLIC}, {what}: {ratio:.2f}, at least {_LEAST_RATIO}: {verdict}"


def _ratio(summary: Summary) -> float:
    """Of the means over the periods in which learnt models answered."""
    learnt = [row for row in summary["periods"] if row["models"] != ["baseline"]]
    loop, kept = (sum(float(row[name]) for row in learnt) for name in ("loop", "first_model_kept"))
    return loop / kept if kept else 0.0


def _same(measured: Mapping[str, Measured]) -> Iterable[str]:
    for name in ("payments again", "payments on one core"):
        if name in measured and "payments" in measured:
            one, other = measured["payments"].summary, measured[name].summary
            parts = differences(one, other)
            verdict = f"differs in {', '.join(parts)}: {_FAILS}" if parts else "same versions, verdicts and numbers"
            yield f"- {name}: {other['seconds']:.0f} s beside {one['seconds']:.0f} s, {verdict}"


def _timings(demos: Mapping[str, Measured]) -> str:
    rows = [
        [name, t["version"], t["trigger"], t["run_to_answers_seconds"], t.get("alert_to_answers_seconds", "–")]
        for name, found in demos.items()
        for t in found.summary["timings"]
    ]
    return table(("demo", "version", "asked by", "run begins → answers, s", "alert → answers, s"), rows)


def _memory(demos: Mapping[str, Measured]) -> str:
    used = [found.summary["memory_mb"] for found in demos.values()]
    services = sorted({service for one in used for service in one})
    rows = [[service, *(_bold_over(one.get(service, 0)) for one in used)] for service in services]
    return table(("service", *demos), rows)


def _chain(measured: Measured) -> str:
    found = measured.found
    rates = ", ".join(f"`{topic}` {rate:,.0f}" for topic, rate in found["rates"].items())
    rate = found["events"] / found["seconds"]
    return _CHAIN.format(events=found["events"], rate=rate, rates=rates, when=_when(measured))


def _bold_over(megabytes: int) -> str:
    return f"**{megabytes}**" if megabytes > _AIM_MB else str(megabytes)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _when(measured: Measured) -> str:
    return f"commit {measured.commit}, load {measured.load:.1f}"
