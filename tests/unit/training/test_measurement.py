"""The numbers that the gate judges by."""

import math
from dataclasses import replace

import numpy as np
import pytest

from services.training.domain.cohort import Floats, Rows
from services.training.domain.interval import Answers, Estimate
from services.training.domain.measurement import Champion, Finding, Measured, Wanted, measure
from services.training.domain.metric import value
from tests.unit.training.rows import DAY, made_rows

AUC, BRIER = Wanted("roc_auc", 0.95, DAY), Wanted("brier", 0.9, DAY)
ROWS = made_rows(days=10, a_day=40)
RIGHT = np.where(ROWS.label == 1, 0.8, 0.2)
EVEN = np.full(len(ROWS), 0.5)
NOISY = np.random.default_rng(1).random(len(ROWS))


def measured(
    score: Floats, rivals: dict[str, Floats], champion: Champion | None = None, wanted: tuple[Wanted, ...] = (AUC,)
) -> Measured:
    answers = {name: Answers(rival, 0.5) for name, rival in rivals.items()}
    return measure(ROWS, Answers(score, 0.5), answers, champion, wanted, seed=5)


def champion(score: Floats, trained_through: int = 0) -> Champion:
    return Champion("v1", trained_through, Answers(score, 0.5))


def shape(found: Measured) -> list[tuple[str, str, str]]:
    return [(finding.wanted.metric, finding.who, finding.against) for finding in found.findings]


def estimate(found: Measured, who: str, against: str = "", metric: str = "roc_auc") -> Estimate:
    (one,) = [f.estimate for f in found.findings if (f.wanted.metric, f.who, f.against) == (metric, who, against)]
    return one


def after(time: int) -> Rows:
    return ROWS.take(ROWS.event_time >= time)


def test_the_hold_out_is_described() -> None:
    found = measured(NOISY, {})
    assert (found.rows, found.positives) == (400, int(ROWS.label.sum()))
    assert (found.holdout_from, found.holdout_through) == (ROWS.event_time.min(), ROWS.event_time.max())
    assert (found.champion, found.unseen, found.refit_shift) == (None, 0, None)


def test_what_lies_behind_the_measures_is_kept() -> None:
    found = measured(NOISY, {})
    assert sum(found.confusion.values()) == sum(int(one["rows"]) for one in found.reliability) == found.rows


def test_the_model_each_rival_and_each_advantage_are_measured() -> None:
    found = measured(NOISY, {"baseline": EVEN, "prior": EVEN}, champion(EVEN), (AUC, BRIER))
    one = [
        ("model", ""),
        *[("baseline", ""), ("model", "baseline")],
        *[("prior", ""), ("model", "prior")],
        *[("champion", ""), ("model", "champion")],
    ]
    assert shape(found) == [(metric, *who) for metric in ("roc_auc", "brier") for who in one]


def test_a_metric_asked_for_twice_is_measured_once_and_one_of_another_confidence_again() -> None:
    assert len(measured(NOISY, {}, wanted=(AUC, AUC, BRIER)).findings) == 2
    wide, narrow = measured(NOISY, {}, wanted=(AUC, Wanted("roc_auc", 0.5, DAY))).findings
    assert wide.estimate.value == narrow.estimate.value
    assert wide.estimate.low is not None
    assert narrow.estimate.low is not None
    assert wide.estimate.low < narrow.estimate.low


def test_values_are_those_of_all_rows_of_the_hold_out() -> None:
    found = measured(NOISY, {"baseline": EVEN})
    assert estimate(found, "model").value == pytest.approx(value("roc_auc", ROWS.label, NOISY))
    assert estimate(found, "baseline").value == 0.5
    assert (estimate(found, "model").rows, estimate(found, "model").blocks) == (400, 10)


@pytest.mark.parametrize("metric", ["roc_auc", "brier"])
def test_an_advantage_is_positive_where_the_model_is_better_whichever_way_the_metric_points(metric: str) -> None:
    wanted = (Wanted(metric, 0.95, DAY),)
    better, worse = (
        measured(RIGHT, {"baseline": EVEN}, wanted=wanted),
        measured(EVEN, {"baseline": RIGHT}, wanted=wanted),
    )
    gain = estimate(better, "model", "baseline", metric).value
    assert gain > 0
    assert estimate(worse, "model", "baseline", metric).value == pytest.approx(-gain)
    assert better.is_better(metric, "baseline")
    assert not worse.is_better(metric, "baseline")


def test_equal_scores_are_no_advantage() -> None:
    found = measured(NOISY, {"baseline": NOISY})
    same = estimate(found, "model", "baseline")
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert not found.is_better("roc_auc", "baseline")


def test_better_than_one_is_not_better_than_another_nor_by_another_metric() -> None:
    found = measured(NOISY, {"baseline": EVEN, "prior": RIGHT})
    assert not found.is_better("roc_auc", "prior")
    assert not found.is_better("roc_auc", "champion")
    assert not found.is_better("brier", "baseline")


def test_the_champion_is_compared_only_on_rows_that_it_has_not_seen() -> None:
    seen = ROWS.event_time < 6 * DAY
    knows_by_heart = np.where(seen, RIGHT, EVEN)
    found = measured(RIGHT, {"baseline": EVEN}, champion(knows_by_heart, 6 * DAY))
    assert found.champion == "v1"
    assert found.unseen == len(after(6 * DAY))
    assert estimate(found, "champion").value == 0.5
    assert estimate(found, "model", "champion").value == 0.5
    assert estimate(found, "model", "champion").rows == found.unseen
    assert estimate(found, "model", "baseline").rows == found.rows


def test_beside_a_champion_that_knew_more_stands_the_peer_that_knew_as_much() -> None:
    asked = replace(champion(NOISY, 6 * DAY), peer=Answers(RIGHT, 0.5))
    found = measured(EVEN, {"baseline": EVEN}, asked)
    assert found.peer_through == 6 * DAY
    assert measured(EVEN, {}, champion(NOISY, 6 * DAY)).peer_through is None
    of_noise = value("roc_auc", after(6 * DAY).label, NOISY[ROWS.event_time >= 6 * DAY])
    assert estimate(found, "model", "champion").value == pytest.approx(1 - of_noise)
    assert estimate(found, "model", "baseline").value == 0
    assert estimate(found, "model").value == 0.5


def test_a_row_at_the_moment_through_which_the_champion_was_trained_is_unseen() -> None:
    last = int(ROWS.event_time[-1])
    assert measured(RIGHT, {}, champion(EVEN, last)).unseen == 1


def test_a_champion_that_has_seen_all_is_named_but_not_measured() -> None:
    found = measured(RIGHT, {"baseline": EVEN}, champion(EVEN, 20 * DAY))
    assert (found.champion, found.unseen) == ("v1", 0)
    assert shape(found) == shape(measured(RIGHT, {"baseline": EVEN}))
    assert not found.is_better("roc_auc", "champion")


def test_the_same_seed_gives_the_same_intervals() -> None:
    first, second = measured(NOISY, {"baseline": EVEN}), measured(NOISY, {"baseline": EVEN})
    assert first == second


COUNTRY = np.where(NOISY < 0.5, "DE", np.where(NOISY < 0.9, "FR", "NO")).astype(object)
GROUPED = replace(ROWS, groups={"country": COUNTRY})


def of_groups(score: Floats, metric: str = "recall", min_positives: int = 40) -> tuple[Finding, ...]:
    wanted = Wanted(metric, 0.95, DAY, "country", min_positives)
    return measure(GROUPED, Answers(score, 0.5), {}, None, (wanted,), seed=5).findings


def test_every_group_with_enough_rows_of_either_class_is_measured() -> None:
    mixed = np.random.default_rng(3).random(len(ROWS))
    found = of_groups(mixed)
    assert [finding.group for finding in found] == ["DE", "FR"]
    for finding in found:
        its = np.equal(COUNTRY, finding.group)
        assert finding.estimate.value == pytest.approx(value("recall", ROWS.label[its], mixed[its]))
        assert (finding.estimate.rows, finding.who, finding.against) == (int(np.count_nonzero(its)), "model", "")
    assert [finding.group for finding in of_groups(mixed, min_positives=1)] == ["DE", "FR", "NO"]
    assert of_groups(mixed, min_positives=1_000) == ()


def test_a_group_of_few_rows_that_stand_for_many_has_too_few() -> None:
    weighed = replace(GROUPED, weight=np.where(COUNTRY == "NO", 10, 1))
    standing = weighed.standing(np.arange(len(weighed)))
    wanted, score = Wanted("recall", 0.95, DAY, "country", 40), np.full(len(standing), 0.9)
    findings = measure(weighed.take(standing), Answers(score, 0.5), {}, None, (wanted,), seed=5).findings
    assert [finding.group for finding in findings] == ["DE", "FR"]


def test_a_disparity_is_one_number_of_the_groups_with_enough_rows() -> None:
    favours = np.where(COUNTRY == "DE", 0.9, 0.1)
    (found,) = of_groups(favours, "equalised_odds")
    assert (found.group, found.estimate.value) == ("", 1)
    assert found.estimate.rows == np.count_nonzero(COUNTRY != "NO")
    assert of_groups(favours, "equalised_odds", min_positives=1_000) == ()


def compared(champion: Champion | None, min_positives: int = 40) -> dict[tuple[str, str, str], Estimate]:
    """Who, against whom, in which group."""
    wanted = Wanted("recall", 0.95, DAY, "country", min_positives, compared=True)
    found = measure(GROUPED, Answers(NOISY, 0.5), {"baseline": Answers(RIGHT, 0.5)}, champion, (wanted,), seed=5)
    assert not found.is_better("recall", "champion"), "groups say nothing of all rows"
    return {(one.who, one.against, one.group): one.estimate for one in found.findings}


def test_groups_are_compared_where_that_is_wanted() -> None:
    found = compared(champion(EVEN - 0.1))
    for group in ("DE", "FR"):
        its = np.equal(COUNTRY, group)
        mine = value("recall", ROWS.label[its], NOISY[its])
        assert found["model", "", group].value == pytest.approx(mine)
        assert found["model", "baseline", group].value == pytest.approx(mine - 1)
        assert found["model", "champion", group].value == pytest.approx(mine)
        assert found["champion", "", group].rows == int(np.count_nonzero(its))
    assert len(found) == 2 * 5


def test_groups_are_compared_with_a_champion_on_rows_that_it_has_not_seen_if_these_are_enough() -> None:
    found = compared(champion(EVEN, 6 * DAY))
    unseen = (ROWS.event_time >= 6 * DAY) & np.equal(COUNTRY, "DE")
    assert found["model", "champion", "DE"].rows == int(np.count_nonzero(unseen))
    assert ("model", "champion", "DE") not in compared(champion(EVEN, 9 * DAY))


def test_a_manifest_tells_of_which_group_a_number_is() -> None:
    found = of_groups(RIGHT)[0].to_dict()
    assert (found["by"], found["group"], found["min_positives"], found["value"]) == ("country", "DE", 40, 1.0)


def test_a_manifest_holds_every_finding_and_no_number_that_json_lacks() -> None:
    undefined = Finding(BRIER, "model", "champion", Estimate(math.nan, None, None, None, 0, 0))
    asked = {"metric": "brier", "confidence": 0.9, "block": DAY, "who": "model", "against": "champion"}
    estimated = {"value": None, "low": None, "high": None, "error": None, "blocks": 0, "rows": 0}
    assert Measured(1, 2, 10, 3, "v1", 0, (undefined,)).with_refit(0.25).to_dict() == {
        "holdout_from": 1,
        "holdout_through": 2,
        "rows": 10,
        "positives": 3,
        "champion": "v1",
        "unseen": 0,
        "refit_shift": 0.25,
        "peer_through": None,
        "confusion": {},
        "reliability": [],
        "findings": [asked | estimated],
    }
