"""What is wrong with rows that a model is to learn from, and what to do about it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from services.training.domain.cohort import Rows
from services.training.domain.disguise import disguises
from services.training.domain.identity import identity_of
from services.training.domain.leakage import leaks
from services.training.domain.split import Split

_NEWEST = 200_000
_KNOWN = 0.7
_LEAST = 20
_OFTEN = 0.001


@dataclass(frozen=True, slots=True)
class Finding:
    """kind: tells_label, known_early, names_rows, both_sides or too_few. subject: an input, an expression of inputs, or
    what else it is about. value: the number that shows it. is_leak: a model would look better than it is; otherwise a
    warning."""

    kind: str
    subject: str
    value: float
    is_leak: bool
    message: str

    def to_dict(self) -> dict[str, Any]:
        """As profiles hold it."""
        return asdict(self)


def findings(rows: Rows, apart: Split | None = None) -> tuple[Finding, ...]:
    """All that is found in rows of a dataset, leaks first; of the newest 200,000, so that the cost is bounded.

    apart: how they are split, where no entity may be on two sides.
    """
    newest = rows.take(np.arange(max(0, len(rows) - _NEWEST), len(rows)))
    found = [*_early(rows), *_names(newest), *_telling(newest), *(_both_sides(rows, apart) if apart else ())]
    return tuple(sorted(found, key=lambda one: not one.is_leak))


def _both_sides(rows: Rows, apart: Split) -> Iterator[Finding]:
    assert rows.entity is not None
    shared = {*rows.entity[apart.released].tolist()} & {*rows.entity[apart.holdout].tolist()}
    if shared:
        some = ", ".join(sorted(shared)[:3])
        told = f"{len(shared):,} entities have rows that are learnt from and rows that measure: {some}."
        todo = "evaluate.split.by asks that they have not."
        yield Finding("both_sides", some, len(shared), True, f"{told} {todo}")


def _early(rows: Rows) -> Iterator[Finding]:
    early = int((rows.label_time < rows.event_time).sum())
    if early:
        share = early / len(rows)
        told = f"{early:,} of {len(rows):,} labels were known before their event ({share:.2%})."
        todo = "Windows over labels may hold the answer. Look at label.known.time and event.time."
        yield Finding("known_early", "label", share, share >= _OFTEN, f"{told} {todo}")


def _names(rows: Rows) -> Iterator[Finding]:
    todo = "A model learns it by heart and meets none of it again. Take it out of model.inputs."
    for name in (*rows.numbers, *rows.categories):
        found = identity_of(name, rows.inputs[name].to_numpy())
        if found is not None:
            own = f"has a value of its own in {found.share:.1%} of rows: it names them"
            rises = f"does not fall in {found.share:.2%} of rows: it counts, or tells the time"
            told = rises if found.is_rising else own
            yield Finding("names_rows", name, found.share, True, f"{name} {told}. {todo}")


def _telling(rows: Rows) -> Iterator[Finding]:
    fresh_from = int(len(rows) * _KNOWN)
    known, fresh = rows.take(np.arange(fresh_from)), rows.take(np.arange(fresh_from, len(rows)))
    if not rows.task.labelled:
        return
    rarer, kind = min(known.rarer, fresh.rarer), "rows of the rarer class" if rows.task.classifies else "rows"
    if rarer < _LEAST:
        least = f"{rarer} {kind}, {_LEAST} are needed in the older 70 % and in the newer 30 %"
        yield Finding("too_few", "label", rarer, False, f"Whether inputs tell the label can't be judged: {least}.")
        return
    alone = leaks(known, fresh)
    yield from (_tells(one.input, one.metric, one.value) for one in alone)
    if not rows.task.has_classes:
        return
    rest = tuple(name for name in rows.numbers if name not in {one.input for one in alone})
    yield from (_tells(one.expression, "roc_auc", one.roc_auc) for one in disguises(rows, rest, fresh_from))


_NAMES = {"roc_auc": "ROC AUC", "r2": "R²"}


def _tells(what: str, metric: str, value: float) -> Finding:
    told = f"{what} alone tells the label almost without fail: {_NAMES[metric]} {value:.4f} on the newer 30 % of rows."
    todo = (
        "If it is not known when the model must answer, take it out of model.inputs; what comes with the label belongs "
        "into the label, and into windows over labels."
    )
    return Finding("tells_label", what, value, True, f"{told} {todo}")
