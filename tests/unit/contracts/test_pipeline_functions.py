"""Row features in Python: what is wrong with features.py is found without running it, and its code is their meaning."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from services.contracts.pipeline import Mistake, Pipeline, explain, json_schema, load
from tests.unit.contracts.cards import TEXTS, changed, mistakes_of

CALL = "surprise: {function: surprise, of: [amount, customer.spend.mean.7d]}"
SOURCE = """\
import numpy as np

SCALE = 2.0


def surprise(amount, usual):
    return np.log1p(amount) - SCALE * np.log1p(usual)


def at_night(hour, from_=22):
    return hour >= from_
"""


def calling(call: str = CALL, source: str | None = SOURCE) -> dict[str, str]:
    texts = changed("hour: hour(paid_at)", call)
    return texts if source is None else {**texts, "features.py": source}


def only(texts: Mapping[str, str]) -> Mistake:
    mistakes = mistakes_of(texts)
    assert len(mistakes) == 1, "\n".join(map(str, mistakes))
    return mistakes[0]


def test_a_call_is_a_column_and_its_code_goes_with_the_pipeline() -> None:
    pipeline = Pipeline.from_texts(calling())
    assert "row.surprise" in pipeline.resolved.numbers
    assert pipeline.resolved.functions == pipeline.texts["features.py"] == SOURCE
    assert Pipeline.from_texts(pipeline.texts).digest == pipeline.digest
    again = Pipeline.from_texts({**pipeline.texts, "pipeline.yaml": explain(pipeline)})
    assert again.resolved == pipeline.resolved


def test_a_file_that_nothing_calls_is_no_part_of_the_pipeline() -> None:
    plain, beside = Pipeline.from_texts(TEXTS), Pipeline.from_texts({**TEXTS, "features.py": "no Python"})
    assert beside.texts == plain.texts
    assert (beside.digest, beside.resolved) == (plain.digest, plain.resolved)


def test_changed_code_is_a_changed_feature_of_a_changed_pipeline() -> None:
    before = Pipeline.from_texts(calling())
    after = Pipeline.from_texts(calling(source=SOURCE.replace("SCALE = 2.0", "SCALE = 3.0")))
    old, new = before.resolved.digests, after.resolved.digests
    assert {name for name in old if old[name] != new[name]} == {"row.surprise"}
    assert before.resolved.feature_set != after.resolved.feature_set
    assert before.digest != after.digest


def test_the_file_is_read_beside_the_pipeline(tmp_path: Path) -> None:
    for name, text in calling().items():
        (tmp_path / name).write_text(text)
    assert load(tmp_path).resolved.functions == SOURCE


@pytest.mark.parametrize(
    ("call", "path", "message"),
    [
        ("x: {function: surprize, of: [amount, amount]}", "features.row.x.function", "did you mean 'surprise'?"),
        ("x: {function: SCALE, of: amount}", "features.row.x.function", "features.py has no function 'SCALE'"),
        ("x: {function: surprise, of: amount}", "features.row.x.of", "gives 1 columns to 'surprise' of features.py:6"),
        ("x: {function: at_night, of: [amount, amount, amount]}", "features.row.x.of", "expected 1 to 2"),
        ("x: {function: at_night, of: [hour(paid_at), amuont]}", "features.row.x.of[1]", "did you mean 'amount'?"),
        ("x: {function: at_night, of: [card]}", "features.row.x.of[0]", "personal data"),
        ("x: {function: at_night}", "features.row.x.of", "is required"),
        ("x: {function: at_night, off: amount, of: amount}", "features.row.x.off", "did you mean 'of'?"),
        ("x: 5", "features.row.x", "is the number 5; expected text"),
    ],
)
def test_a_wrong_call_is_reported_where_it_stands(call: str, path: str, message: str) -> None:
    mistake = only(calling(call))
    assert (mistake.file, mistake.line, mistake.path) == ("pipeline.yaml", 27, path), str(mistake)
    assert message in str(mistake)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            "import numpy as np\n",
            "import pandas as pd\n",
            1,
            "imports 'pandas'; expected numpy, Pillow and the standard library",
        ),
        ("import numpy as np\n", "from . import x\n", 1, "imports '.'"),
        ("def surprise(amount, usual):", "def surprise(amount, usual:", 6, "isn't Python: '(' was never closed"),
        ("SCALE = 2.0", "SCALE = 2.0\0", 1, "isn't Python"),
    ],
)
def test_wrong_code_is_reported_where_it_stands(old: str, new: str, line: int, message: str) -> None:
    mistake = only(calling(source=SOURCE.replace(old, new)))
    assert (mistake.file, mistake.line) == ("features.py", line), str(mistake)
    assert message in str(mistake)


def test_a_function_that_needs_more_by_name_fits_no_call() -> None:
    source = SOURCE.replace("usual):", "usual, *, base):")
    assert only(calling(source=source)).path == "features.row.surprise.of"


def test_the_file_must_be_there() -> None:
    assert "there is no file 'features.py' beside it" in str(only(calling(source=None)))


def test_the_schema_for_editors_knows_both_forms() -> None:
    (row,) = json_schema()["$defs"]["Features"]["properties"]["row"]["patternProperties"].values()
    assert {"type": "string"} in row["oneOf"]
    assert {"$ref": "#/$defs/RowCall"} in row["oneOf"]
    assert "half_life" in json_schema()["$defs"]["Feature"]["properties"]
