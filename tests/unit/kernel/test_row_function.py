"""Functions of features.py in vectors, and what a trial of them finds."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.contracts.pipeline import Pipeline
from services.kernel.computer import FeatureComputer, Records
from services.kernel.probe import probe
from services.kernel.row_function import FunctionWrong
from tests.unit.kernel.test_computer import EVENT, LABEL, YAML, payment

HEADER = "import numpy as np\nimport itertools\nCOUNT = itertools.count()\n\n"


def pipeline(source: str, of: str = "[amount, channel, at, present]") -> Pipeline:
    yaml = YAML.replace("    hour: hour(at)\n", f"    mine: {{function: f, of: {of}}}\n")
    return Pipeline.from_texts(
        {"pipeline.yaml": yaml, "event.avsc": EVENT, "label.avsc": LABEL, "features.py": HEADER + source}
    )


def mine(source: str, events: list[dict[str, Any]], of: str = "[amount, channel, at, present]") -> NDArray[np.float32]:
    """The column of the function in the vectors of these events."""
    made = pipeline(source, of)
    computer, n = FeatureComputer(made), len(events)
    records = Records(["a"] * n, np.zeros(n, np.int8), np.zeros(n, np.int64), events)
    numbers = computer.compute(computer.new_state(), records).numbers
    return numbers[:, made.resolved.numbers.index("row.mine")]


def test_a_function_takes_columns_and_gives_one() -> None:
    source = "def f(amount, channel, at, present):\n    return amount + (channel == 'chip') + at + 10 * present\n"
    events = [payment(3, 1.5, channel="chip", present=True), payment(0, 0.25, present=False), payment(0, None)]
    np.testing.assert_array_equal(mine(source, events), np.array([15.5, 0.25, np.nan], np.float32))


def test_arguments_may_be_features_and_expressions() -> None:
    source = "def f(count, big):\n    assert big.dtype == count.dtype == float\n    return count + 2 * big\n"
    found = mine(source, [payment(0, 200.0), payment(0, 5.0)], "[card.spend.count.1d, amount > 100]")
    assert found.tolist() == [2, 1]


def test_a_row_for_which_it_raises_is_missing_and_takes_no_other_with_it() -> None:
    source = "def f(channel):\n    return np.array([{'chip': 1, 'online': 2}[one] for one in channel])\n"
    events = [payment(0, 1.0, channel=one) for one in ("chip", "post", "online", None)]
    np.testing.assert_array_equal(mine(source, events, "channel"), np.array([1, np.nan, 2, np.nan], np.float32))


def test_what_is_no_number_for_each_row_stops_the_computation() -> None:
    with pytest.raises(FunctionWrong, match=r"features\.py: f gave float64 \[\], expected numbers \[2\]"):
        mine("def f(amount):\n    return amount.mean()\n", [payment(0, 1.0)] * 2, "amount")


def test_a_right_function_passes_the_trial() -> None:
    assert probe(pipeline("def f(amount):\n    return np.sqrt(np.abs(amount))\n", "amount")) == []
    assert probe(pipeline("def f(channel):\n    return np.char.str_len(channel.astype(str))\n", "channel")) == []


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("def f(amount):\n    return amount.mean()\n", 5, "f gave float64 [], expected numbers [96], one a row"),
        ("def f(amount):\n    return amount[1:]\n", 5, "f gave float64 [95]"),
        ("def f(amount):\n    return amount.astype(str)\n", 5, "f gave <U32 [96]"),
        ("def f(amount):\n    return [None] * len(amount)\n", 5, "f gave object [96]"),
        ("def f(amount):\n    return np.nan_to_num(amount) - np.nanmean(amount)\n", 5, "for the same row when fewer"),
        ("def f(amount):\n    return np.cumsum(np.nan_to_num(amount))\n", 5, "for the same row when fewer rows"),
        ("def f(amount):\n    return amount * 0 + next(COUNT)\n", 5, "for the same row when it is called again"),
        ("def f(amount):\n    amount[0] = 1\n    return amount\n", 6, "f raises ValueError: assignment destination"),
        ("def f(amount):\n    return g(amount)\n\ndef g(x):\n    return y\n", 9, "f raises NameError: name 'y'"),
        ("def f(amount):\n    return amount\n\nraise OSError('no')\n", 8, "can't be loaded: OSError: no"),
        ("import numpy.nothing\n\ndef f(amount):\n    return amount\n", 5, "can't be loaded: ModuleNotFoundError"),
    ],
)
def test_a_trial_finds_what_is_no_pure_function_of_a_row(source: str, line: int, message: str) -> None:
    (mistake,) = probe(pipeline(source, "amount"))
    assert (mistake.file, mistake.line) == ("features.py", line), str(mistake)
    assert message in str(mistake)
