from dataclasses import replace

from services.outcomes.domain.answer import Answer, Beside, orphan_outcome
from services.outcomes.domain.conflict import Label
from services.outcomes.domain.policy import Policy

POLICY = Policy(1, 1, 1, slices=("region", "age"))
ANSWER = Answer(7, "a", "p", 5, ("north", "old"), 0.9, True, "m1", "f1", b"", ("x",))


def test_each_restatement_counts_the_revision_and_keeps_the_answer() -> None:
    first = ANSWER.restated("on_time", 1.0, 9)
    second = first.restated("corrected", 0.0, 11)
    assert (ANSWER.resolved, first.resolved) == (False, True)
    assert (first.revision, second.revision, second.label, second.score) == (0, 1, 0.0, 0.9)
    assert second.to_outcome(POLICY)["slices"] == {"region": "north", "age": "old"}


def test_an_orphan_has_a_label_and_no_event() -> None:
    outcome = orphan_outcome("x", Label(3, 1.0, "p"), POLICY)
    assert (outcome["seq"], outcome["event_time"], outcome["label_time"], outcome["model"]) == (-1, None, 3, "")


def test_an_outcome_names_model_and_policy() -> None:
    for name, model, policy in (("m1", "m1", "p1"), ("m1.p2", "m1", "p2"), ("baseline", "baseline", "")):
        answer = Answer(0, "e", "p", 0, (), 0.2, False, name, "f1", b"", ())
        outcome = answer.to_outcome(replace(POLICY, slices=()))
        assert (outcome["model"], outcome["policy"]) == (model, policy)


def test_of_several_classes_an_outcome_names_the_decided_and_the_true_one() -> None:
    policy = replace(POLICY, kind="multiclass", classes=("cod", "eel", "ray"))
    outcome = ANSWER._replace(decision=2).restated("on_time", 1.0, 9).to_outcome(policy)
    assert (outcome["decided_class"], outcome["label_class"], outcome["decision"]) == ("ray", "eel", None)
    failed = ANSWER._replace(decision=None, score=None).restated("missing", None, 9).to_outcome(policy)
    assert (failed["decided_class"], failed["label_class"]) == (None, None)
    assert orphan_outcome("x", Label(3, 2.0, "p"), policy)["label_class"] == "ray"


def test_so_does_what_stands_beside_it() -> None:
    paired, policy = ANSWER._replace(beside=Beside("m2", 0.5, 2, "challenger")), replace(POLICY, kind="multiclass")
    of_several = paired.to_outcome(replace(policy, classes=("cod", "eel", "ray")))["beside"]
    assert (of_several["decided_class"], of_several["decision"], of_several["status"]) == ("ray", None, "ok")
    of_two = ANSWER._replace(beside=Beside("m2", None, None, "challenger")).to_outcome(POLICY)["beside"]
    assert of_two == {"model": "m2", "status": "failed", "score": None, "decision": None} | {
        "arm": "challenger",
        "decided_class": None,
    }
