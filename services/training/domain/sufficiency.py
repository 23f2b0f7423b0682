"""Whether what there is promises a run enough rows for each part of its split."""

from services.contracts.pipeline import Pipeline
from services.contracts.pipeline.evaluate import MIN_HOLDOUT
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
