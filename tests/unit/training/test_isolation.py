"""A forest of mean depths scores as the isolation forest that it was."""

import numpy as np
from sklearn.ensemble import IsolationForest

from services.training.adapters.onnx_export import export
from services.training.adapters.parity import parity
from services.training.domain.isolation import depths_of, scores_of
from services.training.domain.learner import Configuration, fit
from tests.unit.training.clean_rows import clean_rows


def test_scores_are_those_of_the_isolation_forest() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(800, 3)).astype(np.float32)
    fresh = np.concatenate([rows[:100], 4 * rng.normal(size=(100, 3))]).astype(np.float32)
    for most in (2, 64, 700):
        forest = IsolationForest(n_estimators=20, max_samples=most, random_state=1).fit(rows)
        expected = -forest.score_samples(fresh)
        found = scores_of(depths_of(forest).predict(fresh))
        assert np.abs(found - expected).max() < 1e-12
        assert ((found > 0) & (found < 1)).all()


def test_what_lies_far_out_scores_higher() -> None:
    rows = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    forest = depths_of(IsolationForest(n_estimators=50, random_state=1).fit(rows))
    usual, far = scores_of(forest.predict(np.array([[0, 0], [8, 8]], np.float32)))
    assert far > 0.6 > 0.5 > usual


def test_its_file_scores_as_it_does_and_as_small_as_a_forest() -> None:
    made = fit(Configuration("isolation_forest", (("max_samples", 256), ("n_estimators", 20))), clean_rows(), 3)
    content = export(made)
    found = parity(made, content, clean_rows(seed=1).inputs)
    assert found.problem == ""
    assert max(found.distance, found.hostile_distance) < 1e-6
    assert content == export(made)
    assert len(content) < 500_000
