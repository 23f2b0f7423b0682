"""What was measured of monitoring, as docs/monitoring.md."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scipy.stats import chi2

from tests.bench import chain, loop
from tests.bench.drifting import MATURITY, PAST, SENDERS
from tests.bench.monitoring import AFTER, AT, CHANGES, FEW
from tests.bench.report import at_most
from tests.bench.rivals import BY_RUNS, DETECTORS, RECONSTRUCTION, STATISTICS
from tests.bench.watching import LEARNT, SETTLED
from tests.results.page import machine, table

_STATED = 1.0
"""False alarms a week, over everything that is watched."""
_MOST = 1.5
_TOLD_BY = {
    "virtual": ("inputs", "scores"),
    "together": ("multivariate",),
    "busy": ("features",),
    "real": ("quality",),
}
Seed = Mapping[str, Any]
"""A `Heard`, as it was kept."""


def document(kept: Mapping[str, Any], played: Mapping[str, Any], chained: Mapping[str, Any]) -> str:
    """The page. kept: with the commit and the load. played: the closed loop, likewise. chained: the data plane."""
    found = kept["found"]
    head = f"""# Monitoring, measured

Made by `scripts/bench monitoring` on {machine()}: the very code of monitoring as a fold, without a broker. What is
watched, and how it decides, is in [alerts](alerts.md)."""
    parts = [head, _calibration(found), _detection(found), _choice(found)]
    parts += [_cost(found, chain.cost(chained["found"])), _measured(kept)]
    return "\n\n".join([*parts, loop.section(played["found"]), _measured(played)]) + "\n"


def _measured(kept: Mapping[str, Any]) -> str:
    return f"Measured at commit {kept['commit']}, load {kept['load']:.1f}."


def _calibration(found: Mapping[str, Any]) -> str:
    streams = (("invented", "stationary", "1d"), ("flights", "flights", "1d"), ("invented", "hours", "1h"))
    rows = [(words, window, *_alarms(found[name])) for words, name, window in streams]
    head = ("stream", "window", "seeds", "weeks", "alarms", "a week", f"95 % bound, at most {_MOST}")
    return f"""## Calibration

Nothing changes in these streams, so each alarm is false. `monitor.false_alarms: 1/week` is stated, over all fields, the
score, what it promises, three features of what senders sent in {PAST} days, how seven numbers go together, the measures
of quality and the integrity of the data together. *Invented*:
{found["stationary"][0]["events"]:,} events in {found["stationary"][0]["days"]} days with the first seed (by hours:
{found["hours"][0]["days"]} days), with a day's and a week's rhythm; the level of the inputs, and apart from it what
inputs don't tell of labels, wander and lose half of what they are in a day. *Flights*: those of the test data, whole
days in another order for each seed. The bound is that of a Poisson count.

{table(head, rows)}

By hours, references hold the same two weeks as by days, and before there is a model two days. The least change that
counts has to last for a day, as by days; the rhythm of the day still shows in each hour, so that more is told than by
days."""


def _alarms(its: Sequence[Seed]) -> tuple[object, ...]:
    weeks = sum(one["days"] for one in its) / 7
    kinds = Counter(kind for one in its for kind, *_ in one["raised"])
    count = kinds.total()
    bound = float(chi2.ppf(0.95, 2 * count + 2)) / 2
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    return len(its), f"{weeks:,.0f}", told, f"{count / weeks:.2f}", at_most(bound / weeks, _MOST * _STATED)


def _detection(found: Mapping[str, Any]) -> str:
    rows: list[tuple[object, ...]] = []
    for name, its in found["changed"].items():
        rows.append((name, "Driftmill", *_seen([_days(one, _wanted(name)) for one in its])))
        if name.startswith("together"):
            rows.append((name, RECONSTRUCTION, *_seen([one["fired"][RECONSTRUCTION] for one in its])))
        for rival in DETECTORS if name.startswith("real") else ():
            rows.append((name, rival, *_seen([days for one in its if (days := _by(rival)(one)) is not None])))
    natures = [_natures(*of) for of in found["changed"].items()]
    rates = [("Driftmill, quality", _rate(found["stationary"], lambda one: _days(one, ("quality",))))]
    rates += [(rival, _rate(found["stationary"], _by(rival))) for rival in DETECTORS]
    head = ("change", "by", "seeds", "missed", "days, median", "days, 90 %")
    return f"""## Detection

A change on day {AT} of {FEW:,} events a day, which has to be told within {AFTER} days. *Virtual*: two fields move by
half a deviation, of which labels don't depend. *Together*: one of them goes with the strongest field, correlation 0.6,
and each looks as before. *Busy*: all events come from half of {SENDERS} senders, no field moves. *Real*: what the
strongest field says of the label turns round, no field moves. {RECONSTRUCTION} is a rival of how numbers go together:
the error of telling windows from the reference's principal components, judged alike. Labels are known after {MATURITY}
days; delays of real changes hold that. River's detectors are at their defaults and get each outcome's error, 0 or 1;
{", ".join(BY_RUNS)}, which is dear, the means of 32, of fewer seeds.

{table(head, rows)}

What is told sooner than labels come is a false alarm in time: a detector that always fires sees every change. So here
is how often each fires on the errors of the invented stream in which nothing changes, river's with the first seeds:

{table(("on the same errors", "false alarms a week"), rates)}

So river's detectors don't decide. A CUSUM with a limit by block bootstrap does; where ADWIN has noticed a rise as well,
the limit is enough, else half as much again is asked for.

What the first alert after each change says of its drift in the end, {AFTER} days after the change:

{table(("change", "seeds", "virtual", "real", "both", "unknown"), natures)}"""


def _choice(found: Mapping[str, Any]) -> str:
    kinds = [kind for kind in CHANGES if kind.startswith("virtual")]
    rows = []
    for name in STATISTICS:
        seen = [_seen([one["fired"][name] for one in found["changed"][kind]]) for kind in kinds]
        told = [f"{missed} missed, {median} days" for _, missed, median, _ in seen]
        rows.append((name, _rate(found["stationary"], _by(name)), _rate(found["flights"], _by(name)), *told))
    return f"""## Which statistic decides

One statistic a field decides, since more of them alarm more often or, at the same rate together, see less. Each is
judged alike here: inputs only, CUSUM, the same bootstrap at the rate stated, and a least effect that is the same for a
normal field.

{table(("statistic", "invented: false alarms a week", "flights", *kinds), rows)}

Where they differ little, the index has what the others lack: it takes numbers, categories and missing values alike. The
others are told in the alert, as evidence."""


def _cost(found: Mapping[str, Any], of_chain: float) -> str:
    rows = [
        ("a day, 2,400 events", *_spent(found["stationary"], of_chain)),
        ("an hour, 300", *_spent(found["full hours"], of_chain)),
        ("an hour, 100", *_spent(found["hours"], of_chain)),
    ]
    return f"""## Cost

The fold of profiles in monitoring: five fields, three features, how seven numbers go together, a score, four measures,
two partitions; decoding is left out, and so is the sample that outcomes takes of the features. The data
plane's is that of the whole chain in docs/benchmarks.md, {of_chain:.1f} µs of CPU an event. Taking profiles in, and the
integrity of the data, cost by the window, not by the event: where windows hold few events, both are cheap, and the
share is high.

{table(("windows of", "CPU seconds a million events", "share of the data plane's, at most 5 %"), rows)}"""


def _spent(its: Sequence[Seed], of_chain: float) -> tuple[str, str]:
    each = statistics.median(one["cpu"] / one["events"] for one in its) * 1e6
    return f"{each:.2f}", f"{at_most(100 * each / of_chain, 5.0)} %"


def _natures(name: str, its: Sequence[Seed]) -> tuple[object, ...]:
    """How often each was said."""
    wanted = _wanted(name)
    firsts = [[alert for kind, _, day, alert in one["raised"] if kind in wanted and day >= AT][:1] for one in its]
    said = Counter(one["drift"][alert] for one, found in zip(its, firsts, strict=True) for alert in found)
    return name, len(its), *(said[nature] for nature in ("virtual", "real", "both", "unknown"))


def _wanted(change: str) -> Sequence[str]:
    """Kinds of alerts that are to tell of a change."""
    return _TOLD_BY[change.partition(",")[0]]


def _days(one: Seed, kinds: Sequence[str]) -> list[int]:
    return [day for kind, _, day, _ in one["raised"] if kind in kinds]


def _seen(told: Sequence[Sequence[int]]) -> tuple[int, int, str, str]:
    """Of the days on which something was told, by seed: seeds, missed, and delays."""
    after = [min((day - AT for day in days if day >= AT), default=None) for days in told]
    delays = sorted(delay for delay in after if delay is not None)
    if not delays:
        return len(after), len(after), "–", "–"
    late = delays[min(len(delays) - 1, int(0.9 * len(delays)))]
    return len(after), len(after) - len(delays), f"{statistics.median(delays):.0f}", f"{late:.0f}"


def _rate(its: Sequence[Seed], days: Callable[[Seed], Sequence[int] | None]) -> str:
    """Alarms a week, of the seeds that know."""
    first, told = LEARNT + SETTLED, [(one, found) for one in its if (found := days(one)) is not None]
    weeks = sum(one["days"] - first for one, _ in told) / 7
    return f"{sum(day >= first for _, found in told for day in found) / weeks:.2f}"


def _by(rival: str) -> Callable[[Seed], Sequence[int] | None]:
    def days(one: Seed) -> Sequence[int] | None:
        found: Sequence[int] | None = one["fired"].get(rival)
        return found

    return days
