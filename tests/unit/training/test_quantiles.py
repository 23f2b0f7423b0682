"""Each field alone tells how far out a row lies in it."""

import numpy as np

from services.contracts.pipeline.learning_task import ANOMALY
from services.training.domain.quantiles import Quantiles
from services.training.domain.window import EVERYTHING
from tests.unit.training.clean_rows import clean_rows


def test_the_farthest_field_counts_and_the_middle_is_nothing() -> None:
    rows = clean_rows().learnt_from(("flow", "power"))
    known = Quantiles.of(rows)
    middle = rows.inputs.iloc[:3].assign(flow=rows.inputs["flow"].median(), power=rows.inputs["power"].median())
    middle.loc[1, "power"], middle.loc[2, "flow"] = np.float32(1e6), np.float32(rows.inputs["flow"].quantile(0.9))
    assert np.allclose(known.scores(middle), [0.0, 1.0, 0.8], atol=0.01)


def test_what_is_missing_or_seldom_is_as_far_out_as_it_is_rare() -> None:
    rows = clean_rows().learnt_from(("lag.1", "mode"))
    known = Quantiles.of(rows)
    asked = rows.inputs.iloc[:3].assign(mode=["eco", "full", "never"])
    asked["lag.1"] = rows.inputs["lag.1"].median()
    assert np.allclose(known.scores(asked), [0.0, 0.9, 1.0], atol=0.03)
    asked["lag.1"], asked["mode"] = np.float32(np.nan), "eco"
    assert np.allclose(known.scores(asked), 0.9, atol=0.03)


def test_a_value_that_never_differs_is_the_middle() -> None:
    rows = clean_rows().learnt_from(("count",))
    assert rows.task is ANOMALY
    assert (Quantiles.of(EVERYTHING.of(rows)).scores(rows.inputs) == 0).all()
