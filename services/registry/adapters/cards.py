"""Model cards in the object store, beside the files of the models."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from services.chassis.store import Store
from services.contracts.card import Form, card_key
from services.contracts.pipeline import Pipeline
from services.registry.adapters.card_page import page
from services.registry.adapters.graph_file import operations
from services.registry.domain.acceptance import Verdict
from services.registry.domain.card import card


class Card(NamedTuple):
    """A card in both of its forms, UTF-8."""

    md: bytes
    html: bytes


class Cards:
    """Makes cards and keeps them. A candidate is the value of a CandidateProposed, whose signature was verified."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def made(
        self, candidate: Mapping[str, Any], pipeline: Pipeline, verdict: Verdict | None, moved: Mapping[str, float]
    ) -> Card:
        """The card of a candidate: the same facts give the same bytes. Arguments as `card` has them.

        Raises FileNotFoundError if the model's file isn't in the store.
        """
        manifest = orjson.loads(candidate["manifest"])
        text = card(manifest, pipeline, operations(self._store.get(candidate["model_uri"])), verdict, moved)
        return Card(text.encode(), page(text, manifest).encode())

    def keep(self, candidate: Mapping[str, Any], card: Card) -> None:
        """Store both forms; one that is there is replaced."""
        self._store.put(key(candidate, "md"), card.md)
        self._store.put(key(candidate, "html"), card.html)

    def kept(self, candidate: Mapping[str, Any], form: Form) -> bytes | None:
        """The stored card, None if there is none."""
        try:
            return self._store.get(key(candidate, form))
        except FileNotFoundError:
            return None


def key(candidate: Mapping[str, Any], form: Form) -> str:
    """Where the card of a candidate lies."""
    return card_key(candidate["model_uri"], candidate["version"], candidate["manifest"], form)
