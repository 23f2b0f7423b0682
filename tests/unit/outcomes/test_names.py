from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.outcomes.domain.names import Names


def test_names_keep_the_numbers_that_they_got_in_the_order_in_which_they_came() -> None:
    ledger = Ledger(Nothing())
    draft, names = LedgerDraft(ledger), Names(b"m")
    assert names.numbers(["v2", "v1", "v2"]) == [0, 1, 0]
    names.settle(draft)
    ledger.apply(draft.changed)
    again = Names.load(ledger, b"m")
    assert again.numbers(["v3", "v1"]) == [2, 1]
    assert again.texts == ["v2", "v1", "v3"]


def test_only_new_names_are_told() -> None:
    names = Names(b"m", ["v1"])
    copy, draft = names.copy(), LedgerDraft(Ledger(Nothing()))
    copy.numbers(["v1", "v2"])
    copy.settle(draft)
    assert list(draft.changed.values()) == [b"v2"]
    assert names.texts == ["v1"]
