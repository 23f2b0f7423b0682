"""What the other of two models said, in rows of fixed size that follow the rows of a page where there is any."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contracts.arm import CHALLENGER, CHAMPION
from services.outcomes.domain.answer import Answer, Beside
from services.outcomes.domain.names import Names
from services.outcomes.domain.rows import DECISION, DECISIONS, EMPTY, LABEL, PAGE, SCORE, Rows

BESIDE = np.dtype([("score", "<f8"), ("model", "<u4"), ("decision", "u1"), ("present", "u1")])
"""score: NaN where there is none. model: number of a name. decision: as in ROW. present: 0 for an answer with nothing
beside it, else THERE, with SCORED if there is a score, and TAKEN if the answer itself is the challenger's."""
THERE, SCORED, TAKEN = 1, 2, 4

Besides = NDArray[np.void]
"""One dimension, of type BESIDE."""

_NONE = bytes(BESIDE.itemsize) * PAGE
_OTHER = {CHAMPION: CHALLENGER, CHALLENGER: CHAMPION}


def tails(pages: Iterable[bytes | None]) -> list[bytes]:
    """What follows the rows in pages, mostly nothing."""
    return [b"" if page is None else page[len(EMPTY) :] for page in pages]


def joined(found: Sequence[bytes]) -> Besides:
    """The besides of pages one after the other, empty ones where there are none."""
    return np.frombuffer(b"".join([tail or _NONE for tail in found]), BESIDE)


def written(found: Sequence[bytes], answers: Mapping[int, Answer], models: Names) -> list[bytes]:
    """Tails with what stands beside answers put in. answers: by their places, counted from the first of all pages."""
    its, places = joined(found).copy(), list(answers)
    its[places] = _rows(list(answers.values()), models)
    data = its.tobytes()
    size, touched = len(_NONE), {place // PAGE for place in places}
    return [data[n * size : (n + 1) * size] if n in touched else tail for n, tail in enumerate(found)]


def models_of(answers: Iterable[Answer]) -> list[str]:
    """Models of answers and of what stands beside them, in an order that batches don't change."""
    pairs = ((answer.model, answer.beside) for answer in answers)
    return [name for model, beside in pairs for name in ([model] if beside is None else [model, beside.model])]


def _rows(answers: Sequence[Answer], models: Names) -> Besides:
    found = np.zeros(len(answers), BESIDE)
    its = [answer.beside for answer in answers if answer.beside is not None]
    found["score"] = np.array([one.score for one in its], np.float64)  # which makes NaN of None
    found["model"] = models.numbers([one.model for one in its])
    found["decision"] = [DECISION[one.decision] for one in its]
    scored = np.array([one.score is not None for one in its], "u1")
    taken = np.array([one.arm == CHAMPION for one in its], "u1")
    found["present"] = THERE + scored * SCORED + taken * TAKEN
    return found


def rows_beside(its: Rows, besides: Besides) -> Rows:
    """Rows of the same events as the other models would have answered them."""
    found = its.copy()
    for name in ("score", "model", "decision"):
        found[name] = besides[name]
    found["present"] = its["present"] & LABEL | np.where(besides["present"] & SCORED, SCORE, 0)
    return found


def arms_of(its: Besides) -> list[str]:
    """As which of two models the answers were given."""
    return [CHALLENGER if present & TAKEN else CHAMPION for present in its["present"].tolist()]


def besides_of(its: Besides, models: Names) -> Iterator[Beside | None]:
    """What stands beside answers."""
    columns: Any = zip(
        arms_of(its), *(its[name].tolist() for name in ("present", "score", "model", "decision")), strict=True
    )
    for arm, present, score, model, decision in columns:
        its_score = score if present & SCORED else None
        yield Beside(models.texts[model], its_score, DECISIONS[decision], _OTHER[arm]) if present else None
