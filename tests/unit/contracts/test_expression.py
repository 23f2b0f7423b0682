"""The expression language: what it reads, what it refuses and where, and what it gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.expression import MISSING_TIME, Column, ExpressionError, Kind, parse

NAN = float("nan")
KINDS: dict[str, Kind] = {
    "amount": "number",
    "blocked": "flag",
    "country": "category",
    "paid_at": "time",
    "customer.spend.mean.28d": "number",
}
COLUMNS: dict[str, Column] = {
    "amount": np.array([6.0, -1.5, NAN]),
    "blocked": np.array([1.0, 0.0, NAN]),
    "country": np.array(["NO", "DK", None], dtype=object),
    # Saturday 2011-01-01 14:30, Thursday 1970-01-01 00:00, unknown
    "paid_at": np.array([1_293_892_200_000_000, 0, MISSING_TIME]),
    "customer.spend.mean.28d": np.array([3.0, 0.0, 1.0]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount / customer.spend.mean.28d", [2.0, NAN, NAN]),
        ("1 + 2 * 3 - -4", [11.0, 11.0, 11.0]),
        ("(1 + 2) * 3 % 4", [1.0, 1.0, 1.0]),
        ("-amount", [-6.0, 1.5, NAN]),
        ("1e2 + .5 + 2.", [102.5, 102.5, 102.5]),
        ("7d / 1h", [168.0, 168.0, 168.0]),
        ("amount > 0", [True, False, False]),
        ("amount <= 0", [False, True, False]),
        ("not amount > 0", [False, True, True]),
        ("amount != 6", [False, True, False]),
        ("-2 < amount <= 6", [True, True, False]),
        ("country == 'NO'", [True, False, False]),
        ("country != 'NO'", [False, True, False]),
        ('country in ["NO", "SE"]', [True, False, False]),
        ("country not in ['NO']", [False, True, False]),
        ("amount in [-1.5, 7]", [False, True, False]),
        ("blocked and amount > 0", [True, False, False]),
        ("blocked or country == 'DK'", [True, True, False]),
        ("blocked == true", [True, False, False]),
        ("1 if blocked else -amount", [1.0, 1.5, NAN]),
        ("'a' if blocked else country", ["a", "DK", None]),
        ("abs(amount)", [6.0, 1.5, NAN]),
        ("log(amount - 6)", [NAN, NAN, NAN]),
        ("log1p(0) + exp(0) + sqrt(4)", [3.0, 3.0, 3.0]),
        ("exp(1000)", [NAN, NAN, NAN]),
        ("min(amount, 1, 2)", [1.0, -1.5, NAN]),
        ("max(amount, 0)", [6.0, 0.0, NAN]),
        ("clip(amount, 0, 5)", [5.0, 0.0, NAN]),
        ("round(amount / 7, 2)", [0.86, -0.21, NAN]),
        ("round(amount)", [6.0, -2.0, NAN]),
        ("floor(amount)", [6.0, -2.0, NAN]),
        ("minute(paid_at)", [30.0, 0.0, NAN]),
        ("hour(paid_at)", [14.0, 0.0, NAN]),
        ("day_of_week(paid_at)", [5.0, 3.0, NAN]),
        ("day_of_month(paid_at)", [1.0, 1.0, NAN]),
        ("month(paid_at)", [1.0, 1.0, NAN]),
        ("paid_at - paid_at", [0.0, 0.0, NAN]),
        ("is_missing(amount)", [False, False, True]),
        ("is_missing(country) or is_missing(paid_at)", [False, False, True]),
        ("coalesce(amount, 0)", [6.0, -1.5, 0.0]),
        ("coalesce(country, 'unknown')", ["NO", "DK", "unknown"]),
        ("coalesce(blocked, amount, 9)", [1.0, 0.0, 9.0]),
    ],
)
def test_an_expression_gives_one_value_a_row(text: str, expected: list[object]) -> None:
    value = parse(text).evaluate(COLUMNS)
    if value.dtype == object:
        assert value.tolist() == expected
    else:
        np.testing.assert_allclose(value.astype(float), np.array(expected, dtype=float), rtol=1e-12)
    parse(text).kind(KINDS)


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 0, "expected a name"),
        ("amount >", 8, "found the end"),
        ("amount = 3", 7, "write '=='"),
        ("a && b", 2, "write 'and'"),
        ("a $ b", 2, "unexpected character"),
        ("'open", 0, "no end"),
        ("7x", 0, "neither a number nor a duration"),
        ("a b", 2, "expected an operator"),
        ("(a", 2, "expected ')'"),
        ("a / / b", 4, "expected a name"),
        ("a in b", 5, "expected '['"),
        ("a in [b]", 6, "only numbers or strings"),
        ("not", 3, "found the end"),
        ("and a", 0, "found 'and'"),
        ("sqr(4)", 0, "did you mean 'sqrt'?"),
        ("sqrt(1, 2)", 0, "takes 1 argument, found 2"),
        ("clip(1)", 0, "takes 3 arguments"),
        ("__import__('os')", 0, "no function"),
        ("a.__class__()", 0, "no function"),
        ("(" * 40 + "1" + ")" * 40, 25, "nested deeper"),
        ("+".join(["1"] * 500), 0, "operators in a row"),
        ("a" * 2_001, 2_000, "longer than"),
    ],
)
def test_what_is_no_expression_is_refused_at_its_column(text: str, column: int, reason: str) -> None:
    with pytest.raises(ExpressionError, match=r".") as caught:
        parse(text)
    assert caught.value.column == column
    assert reason in caught.value.reason
    assert str(caught.value).splitlines()[-1] == "  " + " " * column + "^"


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("amuont > 0", 0, "did you mean 'amount'?"),
        ("amount + country", 9, "needs a number, this is a category"),
        ("amount == country", 10, "one kind"),
        ("country < 'NO'", 0, "no order"),
        ("amount in ['NO']", 11, "one kind"),
        ("hour(amount)", 5, "needs a time"),
        ("log(country)", 4, "needs a number"),
        ("not paid_at", 4, "needs a number"),
        ("paid_at + 1", 0, "needs a number"),
        ("1 if country else 2", 5, "needs a number"),
        ("1 if blocked else 'x'", 18, "one kind"),
        ("coalesce(amount, country)", 17, "one kind"),
    ],
)
def test_operands_that_do_not_fit_are_refused_at_their_column(text: str, column: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text).kind(KINDS)
    assert caught.value.column == column
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("amount", "number"),
        ("amount > 0", "flag"),
        ("coalesce(country, 'x')", "category"),
        ("coalesce(blocked, true)", "flag"),
        ("coalesce(blocked, 0.5)", "number"),
        ("paid_at - paid_at", "number"),
        ("is_missing(country)", "flag"),
    ],
)
def test_an_expression_knows_its_kind(text: str, kind: str) -> None:
    assert parse(text).kind(KINDS) == kind


def test_an_expression_knows_its_names_in_order() -> None:
    assert parse("b.c.7d > 1 and a in [1] or f(1) > b.c.7d".replace("f(1)", "abs(d)")).names == ("b.c.7d", "a", "d")


def test_a_constant_fills_as_many_rows_as_there_are() -> None:
    assert parse("2").evaluate({}, rows=3).tolist() == [2.0, 2.0, 2.0]
    assert parse("2").evaluate({"x": np.zeros(4)}).shape == (4,)


def test_whole_numbers_are_numbers_and_columns_stay_as_they_were() -> None:
    column = np.array([3, 4], dtype=np.int32)
    assert parse("x / 2").evaluate({"x": column}).tolist() == [1.5, 2.0]
    assert column.tolist() == [3, 4]


FUNCTIONS_OF_ONE = ("abs", "log", "log1p", "exp", "sqrt", "floor", "round")
numbers = st.floats(allow_nan=True, allow_infinity=False, width=64)


@given(st.lists(numbers, min_size=1, max_size=70), st.sampled_from(FUNCTIONS_OF_ONE), st.integers(0, 3))
def test_a_row_gives_the_same_bits_in_every_batch(values: list[float], function: str, offset: int) -> None:
    expression = parse(f"{function}(x) * 3 + {function}(x / 7)")
    whole = expression.evaluate({"x": np.array([0.0] * offset + values)})[offset:]
    strided = expression.evaluate({"x": np.repeat(np.array(values), 2)[::2]})
    one_by_one = np.concatenate([expression.evaluate({"x": np.array([value])}) for value in values])
    assert whole.tobytes() == one_by_one.tobytes() == strided.tobytes()


@given(st.lists(numbers, min_size=1, max_size=20), st.lists(numbers, min_size=1, max_size=20))
def test_nothing_infinite_ever_comes_out(left: list[float], right: list[float]) -> None:
    rows = min(len(left), len(right))
    columns = {"a": np.array(left[:rows]), "b": np.array(right[:rows])}
    for text in ("a / b", "a * b", "a + b", "a % b", "exp(a)", "log(a)", "round(a, 300)"):
        assert not np.isinf(parse(text).evaluate(columns)).any()


@given(st.integers(-(2**40), 2**50))
def test_the_calendar_is_that_of_the_standard_library(microseconds: int) -> None:
    from datetime import UTC, datetime, timedelta

    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    column = {"t": np.array([microseconds])}
    found = [
        parse(f"{part}(t)").evaluate(column)[0] for part in ("minute", "hour", "day_of_week", "day_of_month", "month")
    ]
    assert found == [time.minute, time.hour, time.weekday(), time.day, time.month]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        found = error.column
    else:
        found = 0
    assert 0 <= found <= len(text)
