"""Layouts of applied feature sets are found when a vector asks for one."""

from typing import Any

import pytest

from services.chassis.errors import TransientError
from services.contracts.record import Record
from services.inference.adapters.layouts import Layouts
from tests.unit.inference.scene import PIPELINE


def applied(texts: dict[str, Any]) -> Record:
    return Record("configs", 0, 0, 0, "shop", "driftmill.ConfigApplied", {"texts": texts})


def test_a_set_that_was_applied_is_found_by_reading_once() -> None:
    reads = list[int]()

    def read() -> list[Record]:
        reads.append(1)
        return [applied({"pipeline.yaml": "of another version: true"}), applied(dict(PIPELINE.texts))]

    layouts = Layouts(read)
    assert layouts.find(PIPELINE.resolved.feature_set) == PIPELINE.resolved.layout
    assert [layouts.find("never"), layouts.find("never")] == [None, None]
    assert layouts.find(PIPELINE.resolved.feature_set) == PIPELINE.resolved.layout
    assert len(reads) == 2


def test_what_could_not_be_read_is_asked_for_again() -> None:
    answers: list[Any] = [TransientError("no broker"), [applied(dict(PIPELINE.texts))]]

    def read() -> list[Record]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    layouts = Layouts(read)
    with pytest.raises(TransientError):
        layouts.find(PIPELINE.resolved.feature_set)
    assert layouts.find(PIPELINE.resolved.feature_set) == PIPELINE.resolved.layout
