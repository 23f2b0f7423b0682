"""A candidate serves a recorded stretch of traffic in a process of its own, as inference would be asked for it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from services.contracts.manifest import Cost, Golden
from services.registry.adapters.admission import Admission, Admitted
from services.registry.adapters.trial import Question, refused
from services.registry.domain.staging import Staged, apart, least, unequal

PIECES = (1, 2, 7, 50, 250)
"""Sizes of the batches in which the stretch comes, one after the other: events come alone, and a lagging service reads
hundreds."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Staging:
    """admission: with its store, its limits, and how a file is tried."""

    admission: Admission

    def stage(self, admitted: Admitted) -> Staged:
        """Serve the stretch that the manifest names. A file that takes too long, or too much, is served up to twice
        more: only what it takes each time is its own."""
        manifest = admitted.manifest
        rows = self._rows(manifest)
        if isinstance(rows, str):
            return _nothing(manifest, rows)
        found = self._served(admitted, rows)
        while not found.passed and not found.problem and found.tries < _TRIES:
            again = self._served(admitted, rows, found.tries + 1)
            if again.problem:
                return again
            found = replace(again, measured=least(found.measured, again.measured))
        return found

    def _served(self, admitted: Admitted, rows: Golden, tries: int = 1) -> Staged:
        manifest, task = admitted.manifest, self.admission.task
        question: Question = {
            "numbers": manifest["numbers"],
            "categories": manifest["categories"],
            "number_rows": rows["numbers"],
            "category_rows": rows["categories"],
            "batches": [len(rows["scores"])],
            "pieces": [*PIECES],
            "output": task.output,
            "width": task.width,
        }
        answer = self.admission.trial(admitted.content, question, self.admission.limits)
        if answer["problem"]:
            return _nothing(manifest, answer["problem"], tries)
        whole, pieces = answer["scores"]
        return Staged(
            len(rows["scores"]),
            tries,
            apart(whole, rows["scores"]),
            task.tolerance * manifest.get("unit", 1.0),
            unequal(whole, pieces),
            answer["cost"],
            manifest["cost"],
        )

    def _rows(self, manifest: Mapping[str, Any]) -> Golden | str:
        """The stretch, or why there is none."""
        stretch = manifest.get("stretch")
        if stretch is None or "cost" not in manifest:
            return "the manifest names no recorded traffic, or not what serving it costs"
        try:
            content = self.admission.store.get(stretch["uri"])
        except FileNotFoundError:
            return f"{stretch['uri']}, its recorded traffic, is not in the object store"
        if hashlib.sha256(content).hexdigest() != stretch["digest"]:
            return f"{stretch['uri']} isn't the traffic that was signed: its digest is another"
        rows: Golden = orjson.loads(content)
        return rows if rows["scores"] else "its recorded traffic has no rows"


def _nothing(manifest: Mapping[str, Any], problem: str, tries: int = 0) -> Staged:
    free: Cost = refused("")["cost"]
    stretch = manifest.get("stretch") or {"rows": 0}
    return Staged(stretch["rows"], tries, 0.0, 0.0, 0, free, manifest.get("cost", free), problem)
