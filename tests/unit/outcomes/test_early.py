import pytest

from services.contracts.ledger import Ledger, LedgerDraft, Nothing
from services.outcomes.domain import early as module
from services.outcomes.domain.conflict import Label
from services.outcomes.domain.early import EarlyLabels
from services.outcomes.domain.ids import Ids
from services.outcomes.domain.policy import Policy
from services.outcomes.domain.progress import Progress

POLICY = Policy(maturity=20, lateness=1, window=160)
A, B, C = Label(25, 1.0, "p"), Label(21, 0.0, "q"), Label(-3, 1.0, "p")


class Scene:
    """Early labels over batches."""

    def __init__(self) -> None:
        self.ledger, self.progress = Ledger(Nothing()), Progress()
        self.draft, self.ids, self.early = self._found()

    def next(self) -> EarlyLabels:
        """As the next batch finds them."""
        self.ids.settle()
        self.ledger.apply(self.draft.changed)
        self.draft, self.ids, self.early = self._found()
        return self.early

    def _found(self) -> tuple[LedgerDraft, Ids, EarlyLabels]:
        draft = LedgerDraft(self.ledger)
        ids = Ids(draft)
        return draft, ids, EarlyLabels(draft, ids, POLICY, self.progress)


def test_labels_are_found_by_id_and_by_time() -> None:
    scene = Scene()
    for name, label in (("a", A), ("ü", B), ("c", C)):
        scene.early.add(name, label)
    for early in (scene.early, scene.next()):
        assert [early.get(name) for name in ("a", "ü", "c", "d")] == [A, B, C, None]
        assert early.ahead(-5, 5) == ([(-3, "c"), (21, "ü"), (25, "a")], 6)
        assert early.ahead(0, 2) == ([(21, "ü"), (25, "a")], 3)
        assert early.ahead(0, 1) == ([], 2)


def test_when_there_are_enough_no_further_slot_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ENOUGH", 2)
    scene = Scene()
    for number in range(6):
        scene.early.add(f"e{number}", Label(number * 10, 1.0, "p"))
    assert scene.early.ahead(0, 9) == ([(0, "e0"), (10, "e1")], 2)
    assert scene.early.ahead(2, 9) == ([(20, "e2"), (30, "e3")], 4)


def test_a_label_that_was_taken_leaves_nothing() -> None:
    scene = Scene()
    scene.early.add("a", A)
    early = scene.next()
    assert early
    assert early.take("a") == A
    assert early.take("a") is None
    assert (early.get("a"), early.ahead(0, 9)) == (None, ([], 10))
    assert not scene.next()
    assert set(scene.ledger.changes().values()) == {None}


def test_without_a_label_nothing_is_looked_for() -> None:
    scene = Scene()
    assert scene.early.get("a") is None
    scene.early.add("a", A)
    assert scene.early.get("b") is None
    assert scene.ids._known == {}
