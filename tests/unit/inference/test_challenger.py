"""Who is answered by the version in flight follows from version and entity alone."""

from itertools import pairwise

import numpy as np
import pytest

from services.inference.domain.challenger import Absent, Challenger
from tests.unit.inference.scene import vectors
from tests.unit.inference.test_step import Amounts

ENTITIES = [f"customer-{number}" for number in range(20_000)]


def arms(share: float, version: str = "v2", entities: list[str] = ENTITIES) -> list[bool]:
    found: list[bool] = Challenger(Amounts(version), share).arms(entities).tolist()
    return found


def test_an_entity_has_the_same_arm_in_every_process_and_release() -> None:
    taken = [entity for entity, arm in zip(ENTITIES, arms(0.25, entities=ENTITIES[:16]), strict=False) if arm]
    assert taken == ["customer-5", "customer-6", "customer-12", "customer-14"]


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25, 0.5])
def test_the_share_is_seen_within_a_hundredth_at_50_000_events(share: float) -> None:
    rng = np.random.default_rng(7)
    events = [ENTITIES[place] for place in rng.integers(0, len(ENTITIES), 50_000)]
    assert np.mean(arms(share, entities=events)) == pytest.approx(share, abs=0.01)


def test_whom_it_answers_at_one_share_it_answers_at_every_greater_one() -> None:
    steps = [np.array(arms(share)) for share in (0.0, 0.01, 0.05, 0.25, 0.5, 0.99, 1.0)]
    assert all((more >= less).all() and more.sum() > less.sum() for less, more in pairwise(steps))
    assert not steps[0].any()
    assert steps[-1].all()


def test_another_version_is_tried_on_other_entities() -> None:
    both = np.array(arms(0.25, "v2")) & np.array(arms(0.25, "v3"))
    assert both.mean() == pytest.approx(0.25**2, abs=0.01)


def test_an_absent_version_has_no_answer() -> None:
    assert np.isnan(Absent("v2").scores(vectors(0.25, 0.75))).tolist() == [True, True]
    assert (Absent("v2").version, Absent("v2").digest) == ("v2", "")
