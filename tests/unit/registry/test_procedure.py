"""How a model was made, as the card tells it."""

from services.contracts.pipeline import Pipeline
from services.registry.domain.procedure import design, procedure, selection
from tests.platform import PAYMENTS, pipeline_named
from tests.unit.registry.facts import facts

SMALL = pipeline_named("small")


def test_thinned_negatives_are_told() -> None:
    assert "Of the negatives" not in "\n".join(procedure(facts(), SMALL))
    assert "Of the negatives 12.5% were learnt from" in "\n".join(procedure(facts(share_of_negatives=0.125), SMALL))


def test_it_tells_of_a_search_of_history_and_of_calibration() -> None:
    model = "model: {search: {trials: 9, seconds: 60}, calibrate: sigmoid, "
    texts = dict(SMALL.texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("model: {", model)
    learner = {"family": "logistic", "settings": {"C": 0.2}, "history": "56d", "calibrate": "sigmoid"}
    trials = [learner | {"value": 0.7}, learner | {"value": 0.6, "given_up": True}]
    text = "\n".join(procedure(facts(learner=learner, trials=trials), Pipeline.from_texts(texts)))
    for told in (
        "| logistic | C=0.2 | 56d | 0.7 |\n| logistic | C=0.2 | 56d | 0.6, given up |",
        "at most 9 configurations or 60 seconds:\n2 were tried, 1 of them given up after a part of the rows",
        "chosen     = the best: logistic(C=0.2), history 56d\n",
        "Scores are mapped to probabilities by a sigmoid",
    ):
        assert told in text


def test_what_is_released_is_fitted_again_only_where_the_file_says_so() -> None:
    texts = dict(SMALL.texts)
    assert "released   = fit(chosen, rows)" in "\n".join(procedure(facts(), SMALL))
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("split: {", "split: {refit: false, ")
    assert "released   = evaluated" in "\n".join(procedure(facts(), Pipeline.from_texts(texts)))


def test_the_design_names_rows_and_rivals() -> None:
    text = "\n".join(design(facts(), SMALL))
    assert "800 rows, 90 positive, 1970-01-21 00:00 to 1970-01-28 00:00" in text
    assert "- and v0, which answered then, on the 640 rows it had not seen" in text
    assert "seed 7" in text
    alone = facts()["measured"] | {"champion": None, "unseen": 0}
    assert "which answered then" not in "\n".join(design(facts(measured=alone), SMALL))
    assert "knew more" not in text
    later = facts()["measured"] | {"peer_through": 86_400_000_000}
    assert "fitted on what was known before 1970-01-02 00:00)" in "\n".join(design(facts(measured=later), SMALL))


def test_criteria_are_told_as_the_file_states_them() -> None:
    text = "\n".join(selection(pipeline_named("payments", PAYMENTS), None))
    assert "- average_precision: above baseline, confidence 0.95, blocks 1d\n" in text


def test_learners_whose_files_were_refused_are_told() -> None:
    assert "refused:" not in "\n".join(procedure(facts(), SMALL))
    text = "\n".join(procedure(facts(refused={"forest": "differs by 0.3"}), SMALL))
    assert "`forest` was better on the validation rows and was left out, since its file was refused: differs" in text


def test_an_ensemble_s_members_have_their_weights_and_files() -> None:
    members = [{"family": "logistic", "settings": {"C": 0.1}}, {"family": "mlp", "settings": {"alpha": 0.001}}]
    learner = {"family": "stacking", "settings": {}, "members": members}
    made = [{"weight": 0.75, "digest": "a" * 64}, {"weight": 0.25, "digest": "b" * 64}]
    text = "\n".join(procedure(facts(learner=learner, members=made), SMALL))
    assert "the best: stacking(logistic, mlp), history all" in text
    assert "| mlp | alpha=0.001 | all | 0.25 | `bbbbbbbbbbbbbbbb` |" in text


def test_it_tells_that_entities_were_kept_apart() -> None:
    texts = dict(SMALL.texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("split: {", "split: {by: shop, ")
    apart = Pipeline.from_texts(texts)
    told = "- a fifth of all shop entities only measures and is never learnt from; another fifth chooses"
    assert told in list(design(facts(), apart))
    assert told not in list(design(facts(), SMALL))
    assert "fit(chosen, rows of the shop entities that don't measure)" in "\n".join(procedure(facts(), apart))
