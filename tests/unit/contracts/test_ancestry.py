from services.contracts.pipeline import load
from services.contracts.pipeline.ancestry import ancestry
from tests.platform import ROOT


def test_features_rest_on_the_fields_that_they_are_computed_from() -> None:
    found = ancestry(load(ROOT / "pipelines" / "payments"))
    assert found["customer.spend.mean.7d"] == {"amount"}
    assert found["customer.online.mean.7d"] == {"channel"}
    assert found["row.ratio"] == {"amount"}
    assert found["row.hour"] == {"paid_at"}
    assert found["terminal.risk.mean.7d"] == frozenset()
    assert found["customer.idle.time_since_last"] == frozenset()
