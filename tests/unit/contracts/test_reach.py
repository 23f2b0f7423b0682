from services.contracts.pipeline import load
from services.contracts.pipeline.reach import reach
from tests.platform import ROOT

DAY = 86_400_000_000


def test_a_feature_reaches_back_as_far_as_its_window_that_of_labels_until_they_are_known_too() -> None:
    pipeline = load(ROOT / "pipelines" / "payments")
    found = reach(pipeline)
    assert found["customer.spend.mean.7d"] == 7 * DAY
    assert found["terminal.risk.mean.7d"] == 7 * DAY + int(pipeline.label.known.maturity or 0)
    assert found["customer.idle.time_since_last"] == 7 * DAY
    assert (found["row.hour"], found["row.ratio"]) == (0, 28 * DAY)
