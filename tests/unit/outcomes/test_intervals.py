"""The widths of intervals are learnt once a version, and told to the ledger."""

from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.outcomes.domain.intervals import Intervals


def test_the_first_answer_with_an_interval_tells_the_width_of_its_version() -> None:
    ledger = Ledger(Nothing())
    base = Intervals.load(ledger)
    intervals = base.copy()
    for version, score, high in (("baseline", 3.0, None), ("v1", None, None), ("v1", 10.0, 12.5), ("v1", 10.0, 99.0)):
        intervals.update(version, score, high)
    assert (intervals.widths, base.widths) == ({"v1": 2.5}, {})
    book = LedgerDraft(ledger)
    intervals.settle(book)
    ledger.apply(book.changed)
    assert Intervals.load(ledger).widths == {"v1": 2.5}


def test_nothing_is_told_twice() -> None:
    known = Intervals({"v1": 2.5}).copy()
    known.update("v1", 1.0, 5.0)
    book = LedgerDraft(Ledger(Nothing()))
    known.settle(book)
    assert book.changed == {}
