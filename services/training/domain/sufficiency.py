"""Whether there is enough for a run: rows for each part of its split, and some to compare it with the champion."""

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.evaluate import MIN_HOLDOUT
from services.contracts.release_name import ReleaseName
from services.training.domain.history import History
from services.training.domain.split import holdout_of

_TRAINING = 0.8
"""Share of the rows before the hold-out that trains; the rest chooses."""


def learnable(pipeline: Pipeline, history: History) -> tuple[int, int, int]:
    """Rows and positives of all that may be learnt from, and the time that they span, in microseconds: of a clean time,
    nothing before it is over."""
    assert history.dataset is not None
    clean = pipeline.model.clean
    if clean is None or not history.milestones:
        return history.dataset["rows"], history.dataset["positives"], history.span()
    first, last = history.milestones[0].matured_time, history.milestones[-1].matured_time
    end = last if clean.to is None else int(clean.to)
    rows = history.since(clean.since)[0] - (0 if clean.to is None else history.since(clean.to)[0])
    return (rows, 0, max(0, end - max(first, clean.since))) if last >= end else (0, 0, 0)


def promises(pipeline: Pipeline, rows: int, positives: int, span: int) -> bool:
    """Whether so many rows over so long a time are likely to be enough for each part of the split."""
    split = pipeline.evaluate.split
    holdout = holdout_of(int(split.holdout), span)
    past = span - holdout - pipeline.label.known.expected_after
    shares = (holdout / span, _TRAINING * past / span) if past > 0 else (0.0, 0.0)
    by_class = pipeline.label.target.task.counts_positives
    rare, fewest = min(positives, rows - positives) if by_class else rows, split.min_positives or MIN_HOLDOUT
    return rare * min(shares) >= fewest and rows * shares[1] >= split.min_rows


def promises_comparison(pipeline: Pipeline, history: History, champion: str) -> bool:
    """Whether a candidate can be compared with the champion: on as many rows of either class as a hold-out needs that
    neither has seen, of two blocks at least. Of a champion that learnt no labels of its own hold-out, always.
    """
    model, evaluate = ReleaseName.of(champion).model, pipeline.evaluate
    its = next((run for run in history.of_models if run.outcome == "candidate" and run.version == model), None)
    if its is None or not evaluate.split.refit or not history.milestones:
        return True
    rows, positives = history.since(its.clock)
    rare = min(positives, rows - positives) if pipeline.label.target.task.counts_positives else rows
    block = max((one.blocks for one in evaluate.accept or () if "champion" in one.rivals), default=0)
    span = history.milestones[-1].matured_time - its.clock
    return rare >= (evaluate.split.min_positives or MIN_HOLDOUT) and span > block
