"""Functions that look at bytes: each event by itself, whatever the batch, and without those that nobody has."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from services.contracts.pipeline import Pipeline
from services.contracts.reference import reference_to
from services.kernel import row_columns
from services.kernel.computer import Computed, FeatureComputer, Records
from services.kernel.probe import probe
from services.kernel.row_function import FunctionWrong
from tests.unit.kernel.test_computer import EVENT, LABEL, YAML, payment

LOOK = """\
import numpy as np


def look(channel, amount):
    sizes = [np.nan if one is None else len(one) for one in channel]
    return np.stack([sizes, amount, [0 if one is None else one[0] for one in channel]], axis=1)
"""
STORE = {reference_to(data): data for data in (b"a", b"bb", b"ccc")}
A, BB, CCC = STORE
NOBODY = reference_to(b"lost")


def pipeline(source: str = LOOK) -> Pipeline:
    yaml = YAML.replace("    hour: hour(at)\n", "    look: {function: look, of: [channel, amount], values: 3}\n")
    yaml = yaml.replace("event: {", "event: {fields: {channel: {kind: reference}}, ", 1)
    yaml = yaml.replace("    online: {value: channel == 'online', agg: mean}\n", "").replace(
        "    places: {value: channel, agg: distinct}\n", ""
    )
    yaml = yaml.replace("inputs: [amount, channel, mcc,", "inputs: [amount, mcc,")
    return Pipeline.from_texts({"pipeline.yaml": yaml, "event.avsc": EVENT, "label.avsc": LABEL, "features.py": source})


def computed(channels: Sequence[str | None], made: Pipeline, store: Mapping[str, bytes] = STORE) -> Computed:
    computer = FeatureComputer(made, resolve=lambda asked: {one: store[one] for one in asked if one in store})
    n = len(channels)
    events = [payment(0, float(number), channel=one) for number, one in enumerate(channels)]
    records = Records(["a"] * n, np.zeros(n, np.int8), np.zeros(n, np.int64), events)
    return computer.compute(computer.new_state(), records)


def looks(found: Computed, made: Pipeline) -> list[list[float]]:
    first = made.resolved.numbers.index("row.look.0")
    rows: list[list[float]] = np.nan_to_num(found.numbers[:, first : first + 3], nan=-1).tolist()
    return rows


def test_a_function_is_given_the_bytes_and_gives_several_columns() -> None:
    found = computed([A, CCC, None, BB], made := pipeline())
    assert looks(found, made) == [[1, 0, 97], [3, 1, 99], [-1, 2, 0], [2, 3, 98]]
    assert found.lost == {}


def test_an_event_whose_bytes_nobody_has_is_told_and_takes_no_other_with_it() -> None:
    found = computed([A, NOBODY, BB], made := pipeline())
    assert looks(found, made) == [[1, 0, 97], [-1, -1, -1], [2, 2, 98]]
    assert found.lost == {1: f"channel: the object store holds no bytes whose SHA-256 is {NOBODY}"}


def test_bytes_are_held_for_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    channels = [A, BB, NOBODY, CCC, None, A, NOBODY]
    whole = computed(channels, made := pipeline())
    monkeypatch.setattr(row_columns, "AT_ONCE", 2)
    parts = computed(channels, made)
    np.testing.assert_array_equal(parts.numbers, whole.numbers)
    assert parts.lost == whole.lost
    assert set(parts.lost) == {2, 6}


def test_no_event_is_no_row() -> None:
    assert computed([], pipeline()).numbers.shape == (0, len(pipeline().resolved.numbers))


def test_without_a_store_nothing_is_made_up() -> None:
    computer = FeatureComputer(pipeline())
    records = Records(["a"], np.zeros(1, np.int8), np.zeros(1, np.int64), [payment(0, 1.0, channel=A)])
    with pytest.raises(LookupError, match=A):
        computer.compute(computer.new_state(), records)


def test_a_row_for_which_it_raises_is_missing_in_all_its_values() -> None:
    source = LOOK.replace("sizes =", "assert b'bb' not in channel\n    sizes =")
    assert looks(computed([A, BB], made := pipeline(source)), made) == [[1, 0, 97], [-1, -1, -1]]


def test_so_many_values_as_were_declared() -> None:
    with pytest.raises(FunctionWrong, match=r"gave float64 \[2, 2\], expected numbers \[2, 3\], 3 values a row"):
        computed([A, BB], pipeline(LOOK.replace("[sizes, amount, ", "[amount, ")))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("len(one)", "len(one) + 0", None),
        ("return np.stack", "return 1 + np.stack", None),
        ("len(one)", "lenght(one)", "look raises NameError: name 'lenght'"),
        ("amount, [", "amount - np.nanmean(amount), [", "for the same row when fewer rows are given"),
        ("axis=1", "axis=0", "expected numbers [96, 3], 3 values a row"),
    ],
)
def test_it_is_tried_on_made_up_images_and_texts(old: str, new: str, message: str | None) -> None:
    found = probe(pipeline(LOOK.replace(old, new)))
    assert [message in str(one) for one in found if message] == ([True] if message else [])
    assert message or not found
