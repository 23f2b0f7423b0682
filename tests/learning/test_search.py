"""What is tried on the validation rows, with and without a search; windows are tried as settings are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from services.training.domain.cohort import Rows
from services.training.domain.learner import Configuration, configurations
from services.training.domain.search import Search, Space, Trial, begun_with, best, tried
from services.training.domain.window import EVERYTHING, Window
from services.training.domain.workers import Done, Piece, Shared
from tests.unit.training.rows import DAY, NUMBERS, made_rows, relabelled

GRID = Space(("logistic", "hist_boosting"), (EVERYTHING,), "roc_auc", None, calibrate=False, rare_below=(), seed=3)
SEARCH = replace(GRID, families=("logistic",), search=Search(12, None))
MONTH = Window("30d", length=30 * DAY)
FADING = Window("half_life 3d", half_life=3 * DAY)


def parts(rows: Rows) -> tuple[Rows, Rows]:
    """Train and validation."""
    border = len(rows) * 4 // 5
    return rows.take(np.arange(border)), rows.take(np.arange(border, len(rows)))


def turned(rows: Rows) -> Rows:
    """Halfway the label's meaning is turned round."""
    label = np.where(np.arange(len(rows)) < len(rows) // 2, 1 - rows.label, rows.label)
    return relabelled(rows, label.astype(np.int8))


def test_without_a_search_each_known_configuration_is_tried_once() -> None:
    trials = tried(*parts(made_rows()), GRID)
    assert [one.configuration for one in trials] == list(configurations(GRID.families, None))
    assert not any(one.given_up for one in trials)


def test_after_a_change_the_window_that_forgets_what_was_before_is_chosen() -> None:
    train, validation = parts(turned(made_rows()))
    week = Window("7d", length=7 * DAY)
    trials = tried(train, validation, replace(GRID, windows=(EVERYTHING, week), families=("logistic",)))
    chosen = best(trials, "roc_auc").configuration
    assert (chosen.window, str(chosen)) == (week, "logistic(C=0.1, history=7d)")
    assert chosen.to_dict() == {"family": "logistic", "settings": {"C": 0.1}, "history": "7d"}
    everything = next(one for one in trials if one.configuration.window == EVERYTHING)
    assert best(trials, "roc_auc").value > everything.value + 0.1


def drifting(rows: Rows) -> Rows:
    """What the label depends on goes over from the one number to the other, a little each day."""
    known = np.nan_to_num(rows.inputs[list(NUMBERS)].to_numpy(np.float64))
    turn = np.pi * (rows.event_time - rows.event_time[0]) / (rows.event_time[-1] - rows.event_time[0])
    odds = 2 * (np.cos(turn) * known[:, 0] + np.sin(turn) * known[:, 1])
    happens = np.random.default_rng(0).random(len(rows)) < 1 / (1 + np.exp(-odds))
    return relabelled(rows, happens.astype(np.int8))


def test_where_all_moves_slowly_rows_that_fade_are_chosen() -> None:
    space = replace(GRID, windows=(EVERYTHING, MONTH, FADING), families=("logistic",))
    trials = tried(*parts(drifting(made_rows())), space)
    chosen = best(trials, "roc_auc")
    assert str(chosen.configuration) == "logistic(C=0.1, history=half_life 3d)"
    assert chosen.value > max(one.value for one in trials if one.configuration.window != FADING) + 0.1


def test_without_a_change_nothing_is_forgotten_for_nothing() -> None:
    windows = (EVERYTHING, Window("3d", length=3 * DAY), FADING)
    trials = tried(*parts(made_rows()), replace(GRID, windows=windows))
    assert best(trials, "roc_auc").configuration.window == EVERYTHING


def test_a_search_begins_with_what_is_known_and_finds_no_worse() -> None:
    rows = parts(made_rows(days=20))
    known, found = tried(*rows, replace(SEARCH, search=None)), tried(*rows, SEARCH)
    assert found[0] == known[0]
    assert len(found) == 12
    assert best(found, "roc_auc").value >= best(known, "roc_auc").value
    settings = [dict(one.configuration.settings)["C"] for one in found]
    assert len(set(settings)) > 8
    assert all(1e-3 <= setting <= 1e2 for setting in settings)


@dataclass
class Unlike:
    """Workers that begin with the last piece, and count how many they are given at a time."""

    count: int
    given: list[int] = field(default_factory=list)

    def each(self, work: Callable[[Piece, *Shared], Done], pieces: Sequence[Piece], *shared: *Shared) -> Sequence[Done]:
        self.given.append(len(pieces))
        return [work(piece, *shared) for piece in reversed(pieces)][::-1]


@pytest.mark.parametrize("at_once", [1, 4])
def test_what_is_tried_does_not_depend_on_how_many_work_on_it(at_once: int) -> None:
    rows = parts(made_rows(days=20))
    space = replace(SEARCH, windows=(EVERYTHING, Window("7d", length=7 * DAY)), search=Search(12, None, at_once))
    told: list[str] = []
    alone = tried(*rows, space, told.append)
    for count in (3, 30):
        workers, heard = Unlike(count), list[str]()
        assert tried(*rows, space, heard.append, workers) == alone
        assert (heard, max(workers.given)) == (told, min(max(count, at_once), 10))
    assert any(one.given_up for one in alone)


def test_as_many_as_are_asked_for_at_once_are_tried_at_a_time() -> None:
    rows, workers = parts(made_rows(days=20)), Unlike(1)
    found = tried(*rows, replace(SEARCH, search=Search(15, None, at_once=4)), workers=workers)
    assert workers.given[:-1:2] == [4, 4, 2, 4, 1]  # parts of the rows; between them all rows, and last no ensemble
    assert found[:10] == tried(*rows, replace(SEARCH, search=Search(10, None)))


def test_the_same_seed_searches_alike_and_another_one_elsewhere() -> None:
    rows = parts(made_rows(days=20))
    first, again = (tried(*rows, SEARCH) for _ in range(2))
    assert first == again
    assert tried(*rows, replace(SEARCH, seed=4, search=Search(4, None))) != first[:4]


def test_a_search_looks_for_a_small_measure_where_small_is_good() -> None:
    trials = tried(*parts(made_rows(days=20)), replace(SEARCH, optimise="log_loss"))
    chosen = best(trials, "log_loss")
    assert chosen.value == min(one.value for one in trials if not one.given_up)


def test_what_is_worse_on_a_part_of_the_rows_is_given_up_and_never_chosen() -> None:
    space = replace(SEARCH, families=("logistic", "hist_boosting", "forest"), search=Search(15, None))
    trials = tried(*parts(made_rows(days=20)), space)
    given_up = [one for one in trials if one.given_up]
    assert 0 < len(given_up) < 11
    assert all(one.to_dict()["given_up"] for one in given_up)
    assert not best([replace(one, value=1.0) if one.given_up else one for one in trials], "roc_auc").given_up
    assert {one.configuration.family for one in trials} == set(space.families)


def test_no_further_configuration_is_begun_when_the_time_is_over() -> None:
    trials = tried(*parts(made_rows()), replace(SEARCH, search=Search(1_000, 0.001)))
    assert len(trials) == 1


def test_windows_are_searched_too() -> None:
    space = replace(SEARCH, windows=(EVERYTHING, MONTH), search=Search(16, None))
    trials = tried(*parts(turned(made_rows(a_day=20))), space)
    assert best(trials, "roc_auc").configuration.window == MONTH
    assert [one.configuration.window for one in trials[:2]] == [EVERYTHING, MONTH]


def test_a_search_begins_with_the_champion_s_settings() -> None:
    champion = {"family": "logistic", "settings": {"C": 0.7}, "history": "7d"}
    space = replace(SEARCH, first=begun_with(champion), search=Search(2, None))
    trials = tried(*parts(made_rows(days=20)), space)
    assert dict(trials[0].configuration.settings) == {"C": 0.7}
    assert dict(trials[1].configuration.settings) == {"C": 0.1}


def test_a_search_begins_with_the_members_of_a_champion_that_is_an_ensemble() -> None:
    members = [{"family": "forest", "settings": {}}, {"family": "logistic", "settings": {"C": 0.7}}]
    champion = {"family": "voting", "settings": {}, "members": members}
    assert begun_with(champion) == (Configuration("logistic", (("C", 0.7),)),)


@pytest.mark.parametrize("learner", [{"family": "oracle", "settings": {}}, {"family": "forest", "settings": {}}])
def test_a_champion_that_no_search_would_find_is_nothing_to_begin_with(learner: dict[str, object]) -> None:
    assert begun_with(learner) == ()


def test_a_champion_of_a_family_that_is_not_asked_for_is_nothing_to_begin_with() -> None:
    champion = Configuration("forest", (("max_depth", 10), ("min_samples_leaf", 20), ("n_estimators", 60)))
    rows, space = parts(made_rows(days=20)), replace(SEARCH, search=Search(3, None))
    assert tried(*rows, replace(space, first=(champion,))) == tried(*rows, space)


def test_a_measure_that_there_is_not_is_worst() -> None:
    none = Trial(Configuration("logistic", ()), float("nan"))
    some = Trial(Configuration("forest", ()), 0.1)
    assert best((none, some), "roc_auc") == best((none, some), "log_loss") == some
    assert none.to_dict()["value"] is None


def test_without_a_family_its_ensembles_are_not_tried_and_without_an_ensemble_only_that_one_is_not() -> None:
    both, other = ("voting", ("logistic", "forest")), ("stacking", ("logistic", "forest"))
    space = replace(
        GRID, families=("logistic", "forest", "mlp"), ensembles=(both, other, ("voting", ("logistic", "mlp")))
    )
    left = space.without(Configuration("forest", ()))
    assert (left.families, left.ensembles) == (("logistic", "mlp"), (("voting", ("logistic", "mlp")),))
    members = tuple(Configuration(family, ()) for family in both[1])
    left = space.without(Configuration("voting", (), members=members))
    assert (left.families, left.ensembles) == (space.families, (other, ("voting", ("logistic", "mlp"))))
