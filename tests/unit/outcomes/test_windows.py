from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.outcomes.domain.windows import Span, Windows, WindowsDraft


def test_a_span_tells_the_pages_of_its_parts() -> None:
    span = Span(3, 3)
    for part, seq in ((0, 3), (0, 15), (1, 16), (0, 17), (0, 18), (1, 100), (0, 101), (0, 500)):
        span.add(part, seq)
    assert (span.first, span.last) == (3, 500)
    assert span.parts == {0: [0, 1, 6, 6, 31, 31], 1: [1, 1, 6, 6]}
    assert list(span.pages([0])) == [0, 1, 6, 31]
    assert list(span.pages(span.parts)) == [0, 1, 6, 31]
    assert span.runs(span.parts) == [0, 1, 6, 6, 31, 31]


def test_neighbours_however_many_take_no_more_room() -> None:
    span = Span(0, 0)
    for seq in range(100_000):
        span.add(seq % 3, seq)
    assert span.parts == {part: [0, 6_249] for part in range(3)}


def test_a_draft_changes_windows_that_stay_as_they_are() -> None:
    windows = Windows()
    first = WindowsDraft(windows)
    first.add(-10, 0, 3)
    first.add(20, 5, 4)
    assert sorted(first.starts()) == [-10, 20]
    assert windows.spans == {}
    windows.apply(first)

    second = WindowsDraft(windows)
    second.add(20, 5, 40)
    second.forget(-10)
    second.add(30, 1, 41)
    assert sorted(second.starts()) == [20, 30]
    assert second.get(-10) is None
    assert second.get(20) == Span(4, 40, {5: [0, 0, 2, 2]})
    assert windows.spans == {-10: Span(3, 3, {0: [0, 0]}), 20: Span(4, 4, {5: [0, 0]})}


def test_a_window_that_is_forgotten_may_begin_again() -> None:
    draft = WindowsDraft(Windows())
    draft.add(0, 0, 3)
    draft.forget(0)
    draft.add(0, 1, 9)
    assert draft.get(0) == Span(9, 9, {1: [0, 0]})


def test_windows_are_found_again() -> None:
    ledger = Ledger(Nothing())
    windows = Windows()
    for seq, start in enumerate((-10, 0, 20)):
        draft, book = WindowsDraft(windows), LedgerDraft(ledger)
        draft.add(start, 2, seq)
        draft.settle(book)
        ledger.apply(book.changed)
        windows.apply(draft)
    draft, book = WindowsDraft(windows), LedgerDraft(ledger)
    draft.forget(0)
    draft.settle(book)
    ledger.apply(book.changed)
    assert Windows.load(ledger).spans == {start: windows.spans[start] for start in (-10, 20)}
