from services.cli.domain.page_parts import cell, criteria, line, place, section, table, text
from tests.unit.cli.domain.recorded import criterion


def test_values_are_told_as_people_read_them() -> None:
    told = [text(one) for one in (None, "", True, False, 0.1234567, 7, "x", {"C": 0.5, "kind": None})]
    assert told == ["–", "–", "yes", "no", "0.123457", "7", "x", "C 0.5, kind –"]
    assert line("score", 0.5) == "- score: 0.5"


def test_a_cell_holds_neither_a_bar_nor_a_new_line() -> None:
    assert cell("a|b\nc") == "a\\|b c"
    assert table([{"a": "x|y", "b_c": None}], ("a", "b_c")) == ["| a | b c |", "| --- | --- |", "| x\\|y | – |"]
    assert table([], ("a",)) == []


def test_a_section_without_lines_says_so_or_is_left_out() -> None:
    assert list(section("A", ["- x"])) == ["", "## A", "", "- x"]
    assert list(section("A", [], "None.")) == ["", "## A", "", "None."]
    assert list(section("A", [])) == []


def test_a_place_is_topic_partition_and_offset() -> None:
    told = {"topic": "shop.events", "partition": 1, "offset": 7}
    assert place(told) == "shop.events[1]@7"
    assert place(told | {"appended": "1970"}) == "shop.events[1]@7, appended 1970"


def test_a_verdict_is_a_row_a_criterion() -> None:
    assert criteria([criterion("auc")])[2] == "| auc | yes | 0.75 | 0.7 | – | 0.5 | 40 | auc: holds |"
    assert criteria([]) == []
