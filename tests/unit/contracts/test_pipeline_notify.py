"""Who is told of alerts, as a pipeline's file says it."""

import re

import pytest

from services.contracts.pipeline import Pipeline, PipelineInvalid
from services.contracts.pipeline.monitor import WATCHED, Route
from services.contracts.schemas import own_schema
from tests.platform import pipeline_named


def with_notify(text: str) -> Pipeline:
    texts = dict(pipeline_named("told").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("window: 1h}", f"window: 1h, notify: {text}}}")
    assert text in texts["pipeline.yaml"]
    return Pipeline.from_texts(texts)


def test_by_default_the_log_is_told_of_everything() -> None:
    assert pipeline_named("told").monitor.notify == (Route(to="log"),)


def test_rules_choose_by_severity_and_kind() -> None:
    first, second = with_notify(
        "[{to: mail}, {to: pager, when: {severity: critical, kind: [quality, floor]}}]"
    ).monitor.notify
    assert (first.to, first.when.severity, first.when.kind) == ("mail", "info", None)
    assert (second.when.severity, second.when.kind) == ("critical", ("quality", "floor"))


@pytest.mark.parametrize(
    "wrong",
    [
        "[{to: 'mailto://user:secret@example.org'}]",  # secrets stand in settings
        "[{to: mail, when: {severity: loud}}]",
        "[{to: mail, when: {kind: [weather]}}]",
        "[{when: {severity: info}}]",
    ],
)
def test_what_is_wrong_is_told_at_its_place(wrong: str) -> None:
    with pytest.raises(PipelineInvalid, match=r"notify"):
        with_notify(wrong)


def test_every_kind_of_alert_can_be_chosen() -> None:
    (doc,) = [field["doc"] for field in own_schema("AlertRaised")["fields"] if field["name"] == "kind"]
    assert set(re.findall(r"[a-z_]+", doc)) - {"or"} == set(WATCHED)
