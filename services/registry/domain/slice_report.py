"""How a version in flight does beside the other in each slice: for people, nothing follows from it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from scipy.special import ndtri

from services.contracts.advantage import hold_out_loss
from services.contracts.profile import profile_key
from services.registry.domain.confirmation import compare, spent
from services.registry.domain.flight import Flight
from services.registry.domain.guard import span
from services.registry.domain.measured import PAIRED, SHADOW
from services.registry.domain.pairs import Pairs, by_other, total
from services.registry.domain.plan import Plan
from services.registry.domain.reports import Window

ALPHA = 0.05
"""Chance that any interval misses, where the pipeline's file states none."""

Profile = Mapping[str, Any]
Slice = dict[str, Any]


def slices_of(profiles: Iterable[Profile], flight: Flight, plan: Plan, measured: Mapping[str, Any]) -> list[Slice]:
    """Each slice, the worst first: by the mean advantage of its blocks, then by how often both decide alike.

    profiles: all that were closed; a later one replaces an earlier. measured: the numbers of the version's manifest.
    The intervals of all slices hold together (Bonferroni), those of advantages at every look (see Comparison).
    """
    newest = {profile_key(one): one for one in profiles if one["slice"] and one["version"] == flight.version}
    held: dict[str, dict[str, list[Profile]]] = defaultdict(lambda: {SHADOW: [], PAIRED: []})
    for one in newest.values():
        if one["stream"] in (SHADOW, PAIRED):
            held[one["slice"]][one["stream"]].append(one)
    if not held:
        return []
    alpha = plan.confirmation.alpha if plan.confirmation else ALPHA
    part, loss = spent(alpha, flight.attempt) / len(held), hold_out_loss(measured, plan.task)
    found = []
    for name, streams in sorted(held.items()):
        asked = total(pairs for one in streams[SHADOW] for pairs in by_other(one["pairs"]).values())
        compared = compare(_windows(streams[PAIRED]), flight.against, plan.task, loss, part)
        told = {"labelled": compared.rows, "advantage": compared.mean, "low": compared.low, "high": compared.high}
        found.append({"slice": name} | _agreement(asked, plan.task.decides, part) | told)
    return sorted(found, key=_badness)


def _windows(profiles: Iterable[Profile]) -> list[Window]:
    """One window of each time, over all partitions, in order."""
    of_time: dict[tuple[int, int], list[Profile]] = defaultdict(list)
    for one in profiles:
        of_time[one["window_start"], one["window_end"]].append(one)
    return [
        Window(start, end, end, _merged(sorted(some, key=lambda one: int(one["partition"]))))
        for (start, end), some in sorted(of_time.items())
    ]


def _merged(profiles: Iterable[Profile]) -> dict[str, Pairs]:
    found: dict[str, list[Pairs]] = defaultdict(list)
    for one in profiles:
        for other, pairs in by_other(one["pairs"]).items():
            found[other].append(pairs)
    return {other: total(some) for other, some in found.items()}


def _agreement(asked: Pairs, decides: bool, alpha: float) -> Slice:
    told: Slice = {"events": asked.rows, "failed": asked.failed, "positives": asked.positives}
    told |= {"other_positives": asked.other_positives, "agreement": None, "agreement_low": None, "agreement_high": None}
    if not decides or not asked.rows:
        return told
    low, high = span(asked.disagreements, asked.rows, float(ndtri(1 - alpha / 2)))
    agreement = 1 - asked.disagreements / asked.rows
    return told | {"agreement": agreement, "agreement_low": 1 - high, "agreement_high": 1 - low}


def _badness(one: Slice) -> tuple[Any, ...]:
    """What labels say before what they don't."""
    advantage, agreement = one["advantage"], one["agreement"]
    return (advantage is None, advantage or 0.0, 1.0 if agreement is None else agreement, one["slice"])


def line(one: Slice) -> str:
    """One slice as text."""
    told = [f"{one['events']:,} events"]
    if one["agreement"] is not None:
        told.append(
            f"alike in {one['agreement']:.1%} ({one['agreement_low']:.1%} to {one['agreement_high']:.1%}), positive "
            f"{one['positives']:,} of its own, {one['other_positives']:,} beside"
        )
    if one["advantage"] is None:
        told.append(f"{one['labelled']:,} labelled")
    else:
        told.append(
            f"advantage {one['advantage']:.4g} a block ({one['low']:.4g} to {one['high']:.4g}), "
            f"{one['labelled']:,} labelled"
        )
    return f"  {one['slice']}: {'; '.join(told)}"
