"""What probabilities promised, and what came true."""

import numpy as np

from services.outcomes.domain.reliability import Reliability
from tests.unit.outcomes.test_judgement import rows


def test_each_part_of_the_scores_tells_what_it_promised_and_what_came_true() -> None:
    its = rows((0.05, 0), (0.08, 1), (1.0, 1), (0.5, 0))
    its["weight"] = [1, 3, 1, 2]
    reliability = Reliability()
    reliability.update(its)
    found = reliability.to_record()
    assert [(one["bin"], one["rows"], one["positives"]) for one in found] == [(0, 4, 3), (5, 2, 0), (9, 1, 1)]
    assert np.allclose([one["scores"] for one in found], [0.29, 1.0, 1.0])


def test_the_parts_in_which_answers_come_make_no_difference() -> None:
    rng = np.random.default_rng(3)
    its = rows(*zip(rng.random(500).tolist(), rng.integers(0, 2, 500).astype(float).tolist(), strict=True))
    whole, parts = Reliability(), Reliability()
    whole.update(its)
    for part in (its[:3], its[3:400], its[400:400], its[400:]):
        parts.update(part)
    assert parts.to_record() == whole.to_record()
