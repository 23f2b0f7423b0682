from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.outcomes.domain.conflict import Label
from services.outcomes.domain.ids import Ids

LABEL = Label(5, 1.0, "p")


def test_an_id_is_known_by_its_event_or_by_a_label_that_waits() -> None:
    ledger = Ledger(Nothing())
    draft = LedgerDraft(ledger)
    ids = Ids(draft)
    ids.update("a", 7)
    ids.update("ä", LABEL)
    assert [ids.get(name) for name in ("a", "ä", "b")] == [7, LABEL, None]
    assert [ids.get_changed(name) for name in ("a", "b")] == [7, None]
    ids.settle()
    ledger.apply(draft.changed)
    again = Ids(LedgerDraft(ledger))
    again.load(["a", "ä", "b", "a"])
    assert [again.get(name) for name in ("a", "ä", "b")] == [7, LABEL, None]
    assert again.get_changed("a") is None


def test_an_id_that_is_forgotten_leaves_nothing() -> None:
    ledger = Ledger(Nothing())
    for known in (7, None):
        draft = LedgerDraft(ledger)
        ids = Ids(draft)
        ids.update("a", known)
        ids.settle()
        ledger.apply(draft.changed)
    assert list(ledger.changes().values()) == [None]
