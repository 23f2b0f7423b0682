"""Runs to a stand-in of MLflow: once, whatever happens between."""

import pytest

from services.chassis.errors import TransientError
from services.training.adapters.follower import NotTaken
from services.training.adapters.mlflow import Mlflow
from services.training.domain.tracked import Tracked, tracked
from tests.mlflow.standin import Held, standin
from tests.mlflow.story import LOG, finished, started
from tests.unit.registry.facts import facts


def run(**params: str) -> Tracked:
    report = {"measured": facts()["measured"], "trials": LOG}
    made = tracked(started("r1", "v1"), finished("r1", "v1"), report, facts())
    return Tracked(made.run_id, made.name, made.failed, {**made.params, **params}, made.tags, made.measures)


def export(mlflow: Mlflow, what: Tracked) -> bool:
    known = mlflow.run(mlflow.experiment("small"), what, 1_000)
    if not known.is_open:
        return False
    mlflow.log(known.key, what, 2_000)
    mlflow.put(known, "plots/card.html", b"<p>")
    mlflow.finish(known.key, what.failed, 2_000)
    return True


def test_a_run_is_written_once() -> None:
    held = Held()
    with standin(held) as url:
        assert export(Mlflow(url), run()) is True
        assert export(Mlflow(f"{url}/"), run()) is False
    (made,) = held.runs
    assert (made["info"]["status"], made["info"]["run_name"], made["info"]["end_time"]) == ("FINISHED", "v1", 2_000)
    assert made["params"]["learner.family"] == "logistic"
    assert [(one["key"], one["step"]) for one in made["metrics"]][-2:] == [("validation", 0), ("validation", 2)]
    assert held.files == {"1/k0/artifacts/plots/card.html": b"<p>"}


@pytest.mark.parametrize("good", range(1, 9))
def test_a_run_that_was_cut_off_anywhere_is_filled_and_not_doubled(good: int) -> None:
    held, what = Held(), run()
    with standin(held) as url:
        mlflow = Mlflow(url)
        answer, count = held.answer, 0

        def failing(method: str, path: str, body: bytes) -> object:
            nonlocal count
            count += 1
            return answer(method, path, body) if count <= good else (503, {})

        held.answer = failing  # type: ignore[assignment, method-assign]
        with pytest.raises(TransientError, match="503"):
            export(mlflow, what)
        held.answer = answer  # type: ignore[method-assign]
        assert export(mlflow, what) is True
    (made,) = held.runs
    assert len(made["metrics"]) == len(what.measures)
    assert made["info"]["status"] == "FINISHED"


def test_many_parameters_and_long_ones_are_cut_to_what_it_takes() -> None:
    held = Held()
    with standin(held) as url:
        export(Mlflow(url), run(**{f"p{n}": "x" * 9_000 for n in range(250)}))
    assert len(held.runs[0]["params"]) > 250
    assert {len(held.runs[0]["params"][f"p{n}"]) for n in range(250)} == {5_000}


def test_what_it_refuses_and_that_it_is_away_are_told_apart() -> None:
    held = Held(failures=[404, 400])
    with standin(held) as url, pytest.raises(NotTaken, match="400"):
        Mlflow(url).experiment("small")
    with pytest.raises(TransientError, match="can't be reached"):
        Mlflow(url).experiment("small")
