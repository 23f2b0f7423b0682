"""Stages that may share a process: each must read what the one before it writes, partition by partition."""

from collections.abc import Sequence
from itertools import pairwise

from services.contracts.topics import FUSABLE, JOINED, entity_of, staged


def refusal(chosen: Sequence[str], features: Sequence[str], partitions: int) -> str:
    """Why these stages can't share a process; empty if they can.

    features: the pipeline's stages of features, in their order. partitions: of the topics of the data plane.
    """
    flow = staged(FUSABLE, features)
    whole = JOINED.join(flow)
    if unknown := [stage for stage in chosen if stage not in flow]:
        return f"{', '.join(unknown)} can't share a process with others; those that can are, in their order, {whole}."
    start = flow.index(chosen[0])
    if tuple(chosen) != flow[start : start + len(chosen)]:
        return f"{JOINED.join(chosen)} leaves something out or has another order; stages follow each other as {whole}."
    for before, after in pairwise(chosen):
        if partitions > 1 and (entity_of(before) or entity_of(after)):
            return (
                f"{before} writes for {after} by another key, so to all {partitions} partitions, of which this process "
                "may hold a few only. Run them on their own, or use one partition."
            )
    return ""
