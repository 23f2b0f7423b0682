from dataclasses import replace

import numpy as np
import pytest

from services.contracts.pipeline import load
from services.contracts.pipeline.layout import Layout
from services.outcomes.domain.answer import Body
from services.outcomes.domain.vectors import FEWEST, MOST_SAMPLED, Vectors, sample_of
from services.outcomes.step import OutcomesStep
from tests.platform import ROOT
from tests.unit.outcomes.log import DAY, Log, many, pipeline, run, values

AS_ANSWERED = Vectors(Layout(("amount",), ("region",), {}), "f1", frozenset({"amount", "region"}))


def step(vectors: Vectors | None = AS_ANSWERED) -> OutcomesStep:
    made = OutcomesStep(pipeline())
    made.policy = replace(made.policy, vectors=vectors)
    return made


def told(log: Log, vectors: Vectors | None = AS_ANSWERED, limit: int = 1000) -> list[tuple[float, str, int, int]]:
    """Window start in days, set, rows and up_to_seq of each profile of features."""
    found = values(run(log, step(vectors), limit)[0], "ProfileClosed", stream="features")
    return [(one["window_start"] / DAY, one["version"], one["rows"], one["up_to_seq"]) for one in found]


def test_a_window_is_told_once_for_all_versions_when_it_is_over() -> None:
    log = Log().event("a", 0.1).event("b", 0.2, model="m0").tick(1).event("late", 0.999).event("c", 1.5).tick(2)
    assert told(log) == [(0.0, "f1", 2, 1), (1.0, "f1", 1, 3)]


def test_an_empty_window_tells_how_far_the_partition_is() -> None:
    assert told(Log().event("a", 0.1).tick(1).tick(3)) == [(0.0, "f1", 1, 0), (2.0, "", 0, -1)]


def test_vectors_of_another_set_are_left_out() -> None:
    assert told(Log().event("a", 0.1).tick(1), replace(AS_ANSWERED, feature_set="f2")) == [(0.0, "", 0, -1)]


def test_of_many_answers_some_are_looked_at_the_same_in_any_batches() -> None:
    log = many(2000)
    [(_, _, rows, _)] = found = told(log.tick(1))
    assert 0.9 * sample_of(2000) <= rows <= sample_of(2000)
    assert told(many(2000).tick(1), limit=7) == found


def test_a_profile_holds_what_was_served() -> None:
    outputs, _ = run(Log().event("a", 0.1).event("b", 0.2).tick(1), step())
    [profile] = values(outputs, "ProfileClosed", stream="features")
    amount, region = profile["fields"]
    assert (amount["name"], amount["count"], amount["mean"]) == ("amount", 2, 1.0)
    assert region["categories"] == {"north": 2}
    assert profile["correlation"] is None


def test_how_numbers_go_together_is_told_of_fields_too_an_infinite_one_is_none() -> None:
    vectors = Vectors(Layout(("amount", "row.a", "row.b"), (), {}), "f1", frozenset({"row.a", "row.b"}))
    matrix = np.array([[1, 2, 3], [2, 3, 1], [3, np.inf, 2], [4, 4, 4]], "<f4")
    record = vectors.to_record([Body("e", "k", (), row.tobytes(), ()) for row in matrix])
    assert [(one["name"], one["missing"]) for one in record["fields"]] == [("row.a", 1), ("row.b", 0)]
    assert (record["correlation"]["names"], record["correlation"]["rows"]) == (["amount", "row.a", "row.b"], [3, 4, 3])
    assert record["rows"] == 4


def test_what_failed_has_no_vector_be_it_of_numbers_or_of_categories() -> None:
    assert AS_ANSWERED.fits(Body("e", "k", (), bytes(4), ("north",)))
    assert not AS_ANSWERED.fits(Body("e", "k", (), b"", ()))
    assert not Vectors(Layout((), ("row.a",), {}), "f1", frozenset({"row.a"})).fits(Body("e", "k", (), b"", ()))


@pytest.mark.parametrize(("answers", "most"), [(10, FEWEST), (1200, 300), (10**6, MOST_SAMPLED)])
def test_a_quarter_is_looked_at_within_bounds(answers: int, most: int) -> None:
    assert sample_of(answers) == most


def test_what_validation_profiles_is_not_profiled_again() -> None:
    found = Vectors.of(load(ROOT / "pipelines" / "payments"))
    assert found is not None
    assert "amount" in found.layout.numbers
    assert "amount" not in found.computed
    assert "customer.spend.mean.7d" in found.computed
    assert Vectors.of(pipeline()) is None
