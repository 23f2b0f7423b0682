"""What serving a file costs is measured in a process that hasn't learnt."""

from services.training.adapters.onnx_export import export
from services.training.adapters.serving import served_apart
from tests.unit.training.fitted import fitted
from tests.unit.training.rows import CATEGORIES, NUMBERS, made_rows


def test_a_learnt_file_tells_its_times_and_its_memory() -> None:
    rows = made_rows().inputs.iloc[:300]
    numbers = rows[list(NUMBERS)].astype(object).where(rows[list(NUMBERS)].notna(), None).to_numpy().tolist()
    stretch = {"numbers": numbers, "categories": rows[list(CATEGORIES)].to_numpy().tolist(), "scores": [0.0] * 300}
    found = served_apart(export(fitted("hist_boosting")), NUMBERS, CATEGORIES, stretch)  # type: ignore[arg-type]
    assert 0 < found["alone"] <= found["alone_p99"] < 100
    assert 0 < found["together"] < 1_000
    assert 0 < found["mib"] < 500
