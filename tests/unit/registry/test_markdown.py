from services.registry.domain.markdown import code, number, span, table, time


def test_a_table_has_a_head_and_ends_with_an_empty_line() -> None:
    assert list(table(("a", "b"), [(1, "x")])) == ["| a | b |", "| --- | --- |", "| 1 | x |", ""]


def test_code_is_fenced() -> None:
    assert list(code(["x = 1"])) == ["```", "x = 1", "```", ""]


def test_numbers_have_four_digits_and_what_is_missing_a_dash() -> None:
    assert (number(0.123456), number(None)) == ("0.1235", "–")
    assert (span({"low": 0.1, "high": 0.25}), span({"low": None, "high": None})) == ("0.1 to 0.25", "–")


def test_times_are_utc() -> None:
    assert time(90_000_000_000) == "1970-01-02 01:00"
