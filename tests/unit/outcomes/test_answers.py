import pytest

from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.outcomes.domain.answer import Answer
from services.outcomes.domain.answers import Answers
from services.outcomes.domain.groups import Groups
from services.outcomes.domain.names import Names
from services.outcomes.domain.windows import Span


def answer_to(seq: int) -> Answer:
    """An answer, open."""
    return Answer(seq, f"e{seq}", "p", 10 * seq, ("north",), seq / 8, seq > 3, f"m{seq % 2}", "f1", bytes(seq), ("x",))


class Book:
    """Answers that are settled again and again."""

    def __init__(self) -> None:
        self.ledger = Ledger(Nothing())
        self.models, self.feature_sets, self.groups = Names(b"m"), Names(b"f"), Groups.load(Ledger(Nothing()))

    def draft(self) -> tuple[LedgerDraft, Answers]:
        """Answers as a batch finds them."""
        draft = LedgerDraft(self.ledger)
        return draft, Answers(draft, self.models, self.feature_sets, self.groups)

    def keep(self, *changed: Answer, new: bool = True) -> None:
        """Take in answers, as one batch."""
        draft, answers = self.draft()
        for answer in changed:
            (answers.add if new else answers.update)(answer)
        answers.settle()
        self.ledger.apply(draft.changed)


@pytest.mark.parametrize("batches", [[40], [1] * 40, [3, 1, 16, 20], [15, 2, 23]])
def test_answers_are_found_again_whatever_the_batches_in_which_they_came(batches: list[int]) -> None:
    book, seq = Book(), 0
    for count in batches:
        book.keep(*map(answer_to, range(seq, seq + count)))
        seq += count
    _, answers = book.draft()
    assert [answers.get(seq) for seq in range(40)] == [answer_to(seq) for seq in range(40)]
    assert answers.get(40) is None
    whole = Book()
    whole.keep(*map(answer_to, range(40)))
    assert book.ledger.changes() == whole.ledger.changes()


def test_a_truth_changes_one_page_and_nothing_else() -> None:
    book = Book()
    book.keep(*map(answer_to, range(40)))
    book.ledger.changes()
    labelled = answer_to(17).restated("on_time", 1.0, 9)
    book.keep(labelled, new=False)
    _, answers = book.draft()
    assert answers.get(17) == labelled
    assert [answers.get_open(seq) for seq in (16, 17, 40)] == [answer_to(16), None, None]
    assert len(book.ledger.changes()) == 1


def test_what_changes_is_seen_before_it_is_settled() -> None:
    book = Book()
    book.keep(answer_to(0))
    _, answers = book.draft()
    answers.load([0, 1])
    answers.add(answer_to(1))
    answers.update(answer_to(0).restated("on_time", 1.0, 9))
    assert [answers.get_open(seq) for seq in (0, 1)] == [None, answer_to(1)]
    assert answers.get(1) == answer_to(1)
    [(seqs, found)] = answers.look_through([0])
    assert (seqs.tolist(), found["status"].tolist()[:3]) == (list(range(16)), [2, 1, 0])
    assert answers.get(1) == answer_to(1)


def test_only_what_is_open_is_taken_apart_where_that_is_asked() -> None:
    book = Book()
    book.keep(*map(answer_to, range(8)))
    book.keep(*(answer_to(seq).restated("on_time", 1.0, 9) for seq in range(4)), new=False)
    draft, answers = book.draft()
    answers.load_open(range(8))
    groups = [key in draft._loaded for key in sorted(book.ledger.changes()) if key.startswith(b"b")]
    assert groups == [False, True]


def test_rows_after_an_answer_come_in_order_some_at_a_time() -> None:
    book = Book()
    book.keep(*map(answer_to, range(300)))
    _, answers = book.draft()
    parts = [seqs.tolist() for seqs, _ in answers.after(20, 290)]
    assert [seq for part in parts for seq in part] == list(range(21, 291))
    assert [len(part) for part in parts] == [59, 128, 83]


def test_the_answers_of_a_window_are_told_by_their_times() -> None:
    book = Book()
    book.keep(*map(answer_to, range(40)))
    _, answers = book.draft()
    span = Span(6, 39, {0: [0, 1], 3: [2, 2]})
    [(seqs, found)] = answers.within(span, [0], 50, 180)
    assert (seqs.tolist(), found["time"].tolist()) == (list(range(6, 18)), list(range(60, 180, 10)))
    assert list(answers.within(span, [3], 0, 100)) == []


def test_some_answers_of_a_window_are_whole_groups_of_those_that_lie_in_it() -> None:
    book = Book()
    book.keep(*map(answer_to, range(400)))
    _, answers = book.draft()
    span = Span(6, 399, {0: [0, 24]})
    seqs, found = answers.some(span, 60, 3900, lambda count: count // 4)
    assert 80 <= len(seqs) <= 100
    assert found["time"].tolist() == (10 * seqs).tolist()
    assert seqs.min() >= 6
    assert seqs.max() < 390
    assert [body.event_id for body in answers.bodies(seqs.tolist())] == [f"e{seq}" for seq in seqs]
