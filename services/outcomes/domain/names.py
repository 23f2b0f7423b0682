"""Names that many answers share, by number: those of models, or those of feature sets."""

from collections.abc import Iterable, Sequence

from services.contracts.ledger import Ledger, LedgerDraft, ordered


class Names:
    """Numbers from 0, in the order in which the names came. prefix: of the keys of their entries."""

    __slots__ = ("_before", "_numbers", "_prefix", "texts")

    def __init__(self, prefix: bytes, texts: Iterable[str] = ()) -> None:
        self._prefix = prefix
        self.texts = list(texts)
        self._numbers = {text: number for number, text in enumerate(self.texts)}
        self._before = len(self.texts)

    @classmethod
    def load(cls, ledger: Ledger, prefix: bytes) -> "Names":
        """Those that were told."""
        return cls(prefix, (text.decode() for _, text in ledger.items(prefix)))

    def numbers(self, texts: Sequence[str]) -> list[int]:
        """The numbers of names; a new one gets the next."""
        for text in dict.fromkeys(texts):
            if text not in self._numbers:
                self._numbers[text] = len(self.texts)
                self.texts.append(text)
        return [self._numbers[text] for text in texts]

    def copy(self) -> "Names":
        """Equal, and changes on its own."""
        return Names(self._prefix, self.texts)

    def settle(self, book: LedgerDraft) -> None:
        """Let the ledger have the new ones."""
        new = range(self._before, len(self.texts))
        book.changed.update((self._prefix + ordered(number), self.texts[number].encode()) for number in new)
