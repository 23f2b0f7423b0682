"""What pairs of answers add up to, one by one."""

import math
from collections import defaultdict
from typing import Any

from services.outcomes.domain.answer import Answer

Side = tuple[str, float | None, int | None]


def sides(answer: Answer) -> tuple[Side, Side]:
    """Version, score and decision of the challenger, and of the other."""
    assert answer.beside is not None
    own, beside = (answer.model, answer.score, answer.decision), answer.beside[:3]
    return (own, beside) if answer.arm == "challenger" else (beside, own)


def challenger(answer: Answer) -> str:
    """Version of the challenger."""
    return sides(answer)[0][0]


def is_whole(answer: Answer) -> bool:
    """Whether both answered."""
    return all(score is not None for _, score, _ in sides(answer))


def pair_sum(stream: str, other: str, its: list[Answer]) -> dict[str, Any]:
    """The PairSum of answers that have the same two versions."""
    weights = [a.weight if stream == "paired" else 1 for a in its]
    mine, theirs = zip(*map(sides, its), strict=True)
    found = {"other": other, "rows": sum(weights)}
    marks = {
        "answered": [a.arm == "challenger" for a in its],
        "failed": [score is None for _, score, _ in mine],
        "positives": [decision is True for *_, decision in mine],
        "other_positives": [decision is True for *_, decision in theirs],
        "disagreements": [{m[2], t[2]} == {False, True} for m, t in zip(mine, theirs, strict=True)],
        "wrong": [stream == "paired" and m[2] != a.positive for m, a in zip(mine, its, strict=True)],
        "other_wrong": [stream == "paired" and t[2] != a.positive for t, a in zip(theirs, its, strict=True)],
    }
    found |= {name: sum(w * mark for w, mark in zip(weights, of, strict=True)) for name, of in marks.items()}
    losses = [
        [0.0 if stream == "shadow" else ((s[1] or 0.0) - (a.label or 0.0)) ** 2 for s, a in zip(of, its, strict=True)]
        for of in (mine, theirs)
    ]
    sums = {"error": losses[0], "other_error": losses[1], "absolute": [0.0], "other_absolute": [0.0]}
    sums["difference_squares"] = [(t - m) ** 2 for m, t in zip(*losses, strict=True)]
    return found | {name: math.fsum(w * x for w, x in zip(weights, of, strict=False)) for name, of in sums.items()}


def pair_sums(stream: str, counted: list[Answer]) -> dict[str, Any]:
    """Of each version that was beside."""
    by_other: dict[str, list[Answer]] = defaultdict(list)
    for answer in counted:
        by_other[sides(answer)[1][0]].append(answer)
    pairs = [pair_sum(stream, other, by_other[other]) for other in sorted(by_other)]
    return {"pairs": pairs, "rows": sum(pair["rows"] for pair in pairs)}
