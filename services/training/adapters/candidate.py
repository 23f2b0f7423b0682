"""From rows to a candidate: learn, write the ONNX file, and see that it scores as what was learnt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from services.contracts.manifest import Golden
from services.training.adapters.onnx_export import NotConvertible, digest, export
from services.training.adapters.onnx_scorer import OnnxScorer
from services.training.adapters.parity import Parity, parity
from services.training.domain.cohort import Floats, Rows
from services.training.domain.ensemble import Joined, Learnt
from services.training.domain.evaluation import BaselineSuffices, Evaluation, Task, evaluate, golden_positions
from services.training.domain.measurement import Champion
from services.training.domain.progress import Tell, silent
from services.training.domain.split import NotEnough
from services.training.domain.workers import ALONE, Workers

STRETCH = 1_000
"""Rows of the stretch of traffic that a file is served before it is let at any event, at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model to offer: what was found, the file with its SHA-256, its parity, and signed scores of some rows. stretch:
    the newest rows of the hold-out with their scores. refused:
    families and ensembles that were better on the validation but whose file scored differently, with the reason.
    members: of an ensemble, its members' weights and the digests of their own files."""

    evaluation: Evaluation
    content: bytes
    digest: str
    parity: Parity
    golden: Golden
    stretch: Golden
    refused: Mapping[str, str]
    members: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class NoFaithfulFile:
    """Every family's file scored differently from what was learnt: family → reason."""

    refused: Mapping[str, str]


def learn(
    rows: Rows, task: Task, baseline: Floats, champion: Champion | None, tell: Tell = silent, workers: Workers = ALONE
) -> Candidate | BaselineSuffices | NotEnough | NoFaithfulFile:
    """The candidate of a run, or why there is none. A family whose file differs is left out, and the rest tried again.

    Arguments as `evaluate`. Deterministic, the file's bytes included.
    """
    refused: dict[str, str] = {}
    space = task.space
    while space.families:
        found = evaluate(rows, replace(task, space=space), baseline, champion, tell, workers)
        if isinstance(found, BaselineSuffices):
            return replace(found, refused=refused)
        if not isinstance(found, Evaluation):
            return found
        tell("writing its file and comparing the scores of both")
        offered = _offered(found, rows, refused)
        if isinstance(offered, Candidate):
            return offered
        refused[found.released.configuration.name] = offered
        space = space.without(found.released.configuration)
    return NoFaithfulFile(refused)


def _offered(found: Evaluation, rows: Rows, refused: Mapping[str, str]) -> Candidate | str:
    """The candidate, or why its file can't be served."""
    try:
        content = export(found.released)
    except NotConvertible as error:
        return str(error)
    result = parity(found.released, content, rows.inputs.iloc[found.split.holdout].reset_index(drop=True))
    if result.problem:
        return result.problem
    holdout, members = found.split.holdout, _members(found.released)
    golden, stretch = (_golden(rows.take(some), content) for some in (golden_positions(holdout), holdout[-STRETCH:]))
    return Candidate(found, content, digest(content), result, golden, stretch, dict(refused), members)


def _members(learnt: Learnt) -> list[dict[str, Any]]:
    if not isinstance(learnt, Joined):
        return []
    return [
        {"weight": weight, "share_of_negatives": member.share_of_negatives, "digest": digest(export(member))}
        for member, weight in zip(learnt.members, learnt.weights, strict=True)
    ]


def _golden(rows: Rows, content: bytes) -> Golden:
    numbers = rows.inputs[list(rows.numbers)].to_numpy(np.float64)
    categories = rows.inputs[list(rows.categories)]
    return {
        "numbers": [[None if np.isnan(value) else float(value) for value in row] for row in numbers],
        "categories": [[str(value) for value in row] for row in _values(categories)],
        "scores": OnnxScorer(content).scores(rows.inputs).tolist(),
    }


def _values(frame: pd.DataFrame) -> list[list[Any]]:
    return frame.to_numpy(object).tolist() if frame.shape[1] else [[] for _ in range(len(frame))]
