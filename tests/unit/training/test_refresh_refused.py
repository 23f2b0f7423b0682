"""Where no score decides there is no decision policy to choose anew: a run that only chooses one says so."""

from services.contracts.pipeline import Pipeline
from services.training.adapters.refresh import refreshed
from services.training.domain.progress import silent
from tests.laws.species import species
from tests.unit.training.rows import made_rows
from tests.unit.training.test_trigger_rows import of_numbers


def refused(pipeline: Pipeline) -> str:
    found = refreshed(made_rows(days=1), pipeline, {}, silent)
    assert (found["outcome"], found["candidate"]) == ("policy_suffices", None)
    return str(found["reason"])


def test_of_numbers_nothing_is_decided() -> None:
    assert refused(of_numbers()) == "nothing is decided of numbers: there is no policy to choose"


def test_of_several_classes_the_most_probable_is_decided() -> None:
    assert refused(species()) == "the most probable class is decided: there is no policy to choose"
