"""Which files a search of records for leaks takes, and what it says of them."""

from pathlib import Path

import pytest

from services.cli.data_check import Inspected, inspected
from services.cli.failure import Failure
from services.contracts.pipeline import Pipeline, load
from tests.platform import SMALL, pipeline_named


@pytest.mark.parametrize(
    ("positives", "told"),
    [(30, "1,200 labelled rows, 30 of them positive: one leak found."), (None, "1,200 labelled rows: one leak found.")],
)
def test_it_tells_what_was_looked_at_and_nothing_positive_where_labels_are_numbers(
    positives: int | None, told: str
) -> None:
    finding = {"is_leak": True, "message": "refund alone tells the label."}
    assert list(Inspected(1_200, positives, [finding]).told()) == ["leak: refund alone tells the label.", told]


@pytest.mark.parametrize(
    ("rule", "labels", "message"),
    [
        ("", None, "--data needs --labels"),
        ("rule: {when: amount > 5, within: 1h}, ", Path("labels.csv"), "--labels goes without label.rule"),
        ("rule: {when: amount > 5, within: 1h}, ", None, "There is no file events.csv"),
    ],
)
def test_labels_come_from_a_file_or_by_rule(rule: str, labels: Path | None, message: str) -> None:
    texts = dict(pipeline_named("small").texts)
    texts["pipeline.yaml"] = texts["pipeline.yaml"].replace("label: {", f"label: {{{rule}", 1)
    with pytest.raises(Failure, match=message):
        inspected(Pipeline.from_texts(texts), SMALL, "events.csv", labels)


def test_files_hold_no_bytes_that_events_refer_to() -> None:
    directory = SMALL.parents[2] / "pipelines" / "vehicles"
    with pytest.raises(Failure, match="--data lake looks at those kept"):
        inspected(load(directory), directory, "events.csv", Path("labels.csv"))
