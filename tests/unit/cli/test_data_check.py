"""What a search of records for leaks says of them."""

import pytest

from services.cli.data_check import Inspected


@pytest.mark.parametrize(
    ("positives", "told"),
    [(30, "1,200 labelled rows, 30 of them positive: one leak found."), (None, "1,200 labelled rows: one leak found.")],
)
def test_it_tells_what_was_looked_at_and_nothing_positive_where_labels_are_numbers(
    positives: int | None, told: str
) -> None:
    finding = {"is_leak": True, "message": "refund alone tells the label."}
    assert list(Inspected(1_200, positives, [finding]).told()) == ["leak: refund alone tells the label.", told]
