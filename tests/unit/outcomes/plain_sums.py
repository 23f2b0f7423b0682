"""What answers with a label add up to, one by one."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from services.outcomes.domain.answer import Answer


def weight(its: Sequence[Answer]) -> int:
    """For how many events answers stand."""
    return sum(a.weight for a in its)


def bins(judged: list[Answer]) -> list[dict[str, Any]]:
    """The ScoreBins of answers."""
    found: dict[int, list[Answer]] = defaultdict(list)
    for answer in judged:
        found[min(int((answer.score or 0.0) * 10), 9)].append(answer)
    return [
        {
            "bin": place,
            "rows": weight(its),
            "scores": sum(a.weight * round((a.score or 0.0) * 2**40) for a in its) / 2**40,
            "positives": weight([a for a in its if a.positive]),
        }
        for place, its in sorted(found.items())
    ]


def both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The sum of two ErrorSums."""
    found = {name: first[name] + second[name] for name in first}
    found |= {"from_time": first["from_time"], "to_time": second["to_time"]}
    return found | {"heaviest": max(first["heaviest"], second["heaviest"])}


def errors(run: list[Answer]) -> dict[str, Any]:
    """The ErrorSum of a run."""
    squares = {a.seq: a.weight * ((a.score or 0.0) - (a.label or 0.0)) ** 2 for a in run}
    positives, wrong = [a for a in run if a.positive], [a for a in run if a.decision != a.positive]
    return {
        "from_time": run[0].event_time,
        "to_time": run[-1].event_time,
        "rows": weight(run),
        "total": sum(squares[a.seq] for a in run),
        "wrong": weight(wrong),
        "positives": weight(positives),
        "missed": weight([a for a in positives if a.decision is not True]),
        "positive_total": sum(squares[a.seq] for a in positives),
        "heaviest": max(a.weight for a in run),
        "absolute": 0.0,
        "intervals": 0,
        "outside": 0,
    }
