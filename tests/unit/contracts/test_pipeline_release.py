"""The release section: what it may say, and mistakes in it, each where it stands."""

import pytest

from services.contracts.pipeline import Pipeline, PipelineInvalid
from tests.laws.species import species
from tests.unit.contracts.cards import TEXTS, assert_only, changed


def said(release: str) -> dict[str, str]:
    """The pipeline with this release section, in line 34."""
    return changed("retrain:", f"release: {release}\nretrain:")


def test_nothing_is_asked_for_unless_the_file_says_so() -> None:
    plain = Pipeline.from_texts(TEXTS)
    assert plain.settled()["release"] == {"approval": False}


def test_each_part_has_its_defaults() -> None:
    release = Pipeline.from_texts(said("{shadow: {}, canary: {}, confirm: {}}")).settled()["release"]
    assert release == {
        "approval": False,
        "shadow": {"for": "1d", "at_least": 1_000},
        "canary": {
            "steps": [5, 25, 100],
            "each": "1d",
            "at_least": 1_000,
            "guard": ["errors", "score_shift"],
            "missing": "hold",
        },
        "confirm": {
            "by": "labels",
            "test": "paired_sequential",
            "alpha": 0.05,
            "within": "14d",
            "else": "roll_back",
        },
    }


def test_it_says_what_it_means() -> None:
    text = "{shadow: {for: 2d, at_least: 50}, canary: {steps: 100, guard: latency}, limits: {per_day: 2}}"
    release = Pipeline.from_texts(said(text)).release
    assert release.shadow is not None
    assert (release.shadow.lasts, release.shadow.at_least) == (2 * 86_400_000_000, 50)
    assert release.canary is not None
    assert (release.canary.steps, release.canary.guard) == ((100,), ("latency",))
    assert release.limits is not None
    assert release.limits.per_day == 2


def test_an_experiment_is_a_canary_that_labels_end() -> None:
    release = Pipeline.from_texts(said("{canary: {steps: 50}, confirm: {within: 60d}}")).release
    assert release.canary is not None
    assert release.canary.steps == (50,)


STEPS, GUARD = "release.canary.steps", "release.canary.guard"

WRONG = [
    ("{canary: {steps: [25, 5, 100]}}", "[25", STEPS, "each step is greater than the one before"),
    ("{canary: {steps: [5, 5, 100]}}", "[5", STEPS, "each step is greater than the one before"),
    ("{canary: {steps: [5, 25]}}", "[5", STEPS, "after 25 % it would be champion without having answered all"),
    ("{canary: {steps: []}}", "[]", STEPS, "at least 1"),
    ("{canary: {steps: [0, 100]}}", "0", f"{STEPS}[0]", "at least 1"),
    ("{canary: {steps: [2.5, 100]}}", "2.5", f"{STEPS}[0]", "a whole number"),
    ("{canary: {each: 1h}}", "1h", "release.canary.each", "1h is shorter than monitor.window (1d)"),
    ("{canary: {at_least: 0}}", "0", "release.canary.at_least", "at least 1"),
    ("{canary: {guard: [errors, errors]}}", "[errors", GUARD, "names a guard twice"),
    ("{canary: {guard: [errors, eror]}}", "eror", f"{GUARD}[1]", "did you mean 'errors'?"),
    ("{canary: {missing: go_on}}", "go_on", "release.canary.missing", "expected 'hold'"),
    ("{shadow: {for: 12h}}", "12h", "release.shadow.for", "shorter than monitor.window"),
    ("{shadow: {for: 0d}}", "0d", "release.shadow.for", "longer than nothing"),
    ("{confirm: {}}", "{confirm", "release", "needs shadow, canary or both"),
    ("{shadow: {}, confirm: {within: 10d}}", "10d", "release.confirm.within", "that takes 10d; expected more than 10d"),
    ("{shadow: {}, confirm: {alpha: 1}}", "1}", "release.confirm.alpha", "less than 1"),
    ("{shadow: {}, confirm: {else: wait}}", "wait", "release.confirm.else", "expected 'roll_back' or 'keep'"),
    ("{limits: {per_day: 0}}", "0", "release.limits.per_day", "at least 1"),
    ("{limits: {}}", "limits", "release.limits.per_day", "is required"),
    ("{canari: {}}", "canari", "release.canari", "did you mean 'canary'?"),
]


@pytest.mark.parametrize(("release", "at", "path", "message"), WRONG)
def test_a_mistake_is_reported_where_it_stands(release: str, at: str, path: str, message: str) -> None:
    assert_only(said(release), 34, at, path, message)


def test_guards_of_decisions_need_decisions() -> None:
    texts = said("{canary: {guard: [errors, decision_rate]}}")
    texts["pipeline.yaml"] = (
        texts["pipeline.yaml"]
        .replace("{field: is_fraud, positive: true, prior: 0.02}", "{field: loss, kind: regression}")
        .replace("learners: [logistic]", "learners: [linear]")
        .replace("metric: roc_auc", "metric: mae")
        .replace("value: is_fraud", "value: loss")
    )
    texts["label.avsc"] = texts["label.avsc"].replace('"is_fraud", "type": "boolean"', '"loss", "type": "double"')
    assert_only(texts, 34, "decision_rate", f"{GUARD}[1]", "nothing is decided of a regression's number")


def test_of_several_classes_none_is_positive() -> None:
    guarded = "release: {canary: {guard: [errors, disagreement]}}\n"
    texts = dict(species().texts)
    texts["pipeline.yaml"] += guarded
    assert Pipeline.from_texts(texts).release.canary is not None
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("disagreement", "decision_rate")
    with pytest.raises(PipelineInvalid, match="no class of several is positive"):
        Pipeline.from_texts(texts)
