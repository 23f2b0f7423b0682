"""Profiles of quality: how right the answers to a cohort of events were, once all of them are resolved."""

from functools import partial

from services.outcomes.domain import pairs
from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.judgement import JUDGES, Judgement
from services.outcomes.domain.pricing import Pricing
from services.outcomes.domain.rows import Rows
from services.outcomes.domain.window_profile import report, report_empty


def close_quality(draft: Draft, boundary: int) -> None:
    """Report the windows before `boundary` up to the first that holds an unresolved event, in order.

    A window reported before is reported again when a label of it was corrected or came late. The last one is reported
    even if it is empty. Pairs of a window are told first.
    """
    progress, before = draft.progress, draft.progress.settled
    judge, widths = JUDGES[draft.policy.kind], draft.intervals.widths
    price = None if draft.policy.pricing is None else partial(_prices, draft, draft.policy.pricing)
    has_classes = draft.policy.task.has_classes
    settled = progress.settled = _settled(draft, boundary)
    for window in sorted(start for start in {*progress.stale_quality, *_empty_flights(draft)} if start < settled):
        if not progress.unresolved.get(window):
            pairs.paired(draft, window)
            report(
                draft,
                "quality",
                window,
                lambda version, group: Judgement(judge, widths.get(version), price, has_classes, bool(group)),
            )
            progress.stale_quality.discard(window)
        if draft.windows.get(window) is None:
            progress.flights.forget(window)
    last = settled - draft.policy.window
    if settled != before and draft.windows.get(last) is None:
        report_empty(draft, "quality", last)


def _prices(draft: Draft, pricing: Pricing, seqs: Seqs, its: Rows) -> list[float | None]:
    """What wrong decisions cost follows from features, which don't lie in the rows: these few are looked up."""
    return pricing.amounts(draft.answers.whole(seqs, its))


def _empty_flights(draft: Draft) -> list[int]:
    """Windows in which a version was in flight and nothing lies."""
    return [start for start in draft.progress.flights.windows if draft.windows.get(start) is None]


def _settled(draft: Draft, boundary: int) -> int:
    """Start of the first window that holds back the later ones; one reopened by a late event doesn't."""
    before = draft.progress.settled
    open_windows = (start for start, count in draft.progress.unresolved.items() if count and start < boundary)
    return min((start for start in open_windows if before is None or start >= before), default=boundary)
