from typing import Any

from services.outcomes.domain.answers import Seqs
from services.outcomes.domain.draft import Draft
from services.outcomes.domain.rows import SCORE, Rows
from services.outcomes.domain.window_profile import report, report_empty
from services.outcomes.step import OutcomesStep
from tests.unit.outcomes.log import DAY, Log, pipeline, run, values


class Counted:
    """Counts answers."""

    def __init__(self, version: str, group: str) -> None:
        assert version in ("m0", "m1")
        assert group in ("", "region=north")
        self._rows = 0

    def update(self, _seqs: Seqs, its: Rows) -> None:
        self._rows += len(its)

    def to_record(self) -> dict[str, Any]:
        return {"rows": self._rows}


def drafted() -> Draft:
    """After three events of two versions in the first day, and one in the second."""
    log = Log().event("a", 0.1).event("b", 0.2, model="m0").event("c", 0.3).event("d", 1.2)
    return run(log, OutcomesStep(pipeline()))[1].draft()


def test_each_version_has_its_own_with_the_last_answer_it_tells_of() -> None:
    draft = drafted()
    report(draft, "tried", 0, Counted)
    told = values(draft.outputs, "ProfileClosed", stream="tried")
    assert [(one["version"], one["rows"], one["up_to_seq"]) for one in told] == [("m0", 1, 1), ("m1", 2, 2)]
    assert {(one["window_start"], one["window_end"]) for one in told} == {(0, DAY)}
    assert len({output.key for output in draft.outputs}) == 4


def test_a_window_without_answers_is_told_by_no_version() -> None:
    draft = drafted()
    report(draft, "tried", 5 * DAY, Counted)
    assert draft.outputs == []
    report_empty(draft, "tried", 5 * DAY)
    [profile] = values(draft.outputs, "ProfileClosed", stream="tried")
    assert (profile["version"], profile["rows"], profile["up_to_seq"]) == ("", 0, -1)


def test_each_of_two_models_tells_of_an_event_whichever_answered() -> None:
    log = Log().event("a", 0.1, 0.75).event("b", 0.2, 0.25, beside=("m0", 0.75)).event("c", 0.3, 0.5)
    log.event("d", 0.4, 0.75, "m0", beside=("m1", 0.25), arm="challenger").event("e", 0.5, beside=("m0", None))
    draft = run(log, OutcomesStep(pipeline()))[1].draft()
    report(draft, "tried", 0, Listed)
    told = values(draft.outputs, "ProfileClosed", stream="tried")
    assert [(one["version"], one["rows"], one["beside"], one["up_to_seq"]) for one in told] == [
        ("m0", [(1, 0.75, 2), (3, 0.75, 2), (4, None, 0)], 2, 4),
        ("m1", [(0, 0.75, 2), (1, 0.25, 1), (2, 0.5, 2), (3, 0.25, 1), (4, 0.2, 1)], 1, 4),
    ]


class Listed:
    """Seq, score and decision of each."""

    def __init__(self, _version: str, _group: str) -> None:
        self._found: list[tuple[int, float | None, int]] = []

    def update(self, seqs: Seqs, its: Rows) -> None:
        scores = [score if there & SCORE else None for score, there in zip(its["score"], its["present"], strict=True)]
        self._found += zip(seqs.tolist(), scores, its["decision"].tolist(), strict=True)

    def to_record(self) -> dict[str, Any]:
        return {"rows": self._found}
