"""The account of a period as people read it."""

from services.cli.domain.report_page import report_page
from tests.unit.cli.domain.test_report import told


def test_it_begins_with_what_is_asked_first() -> None:
    page = report_page(told())
    assert page.startswith("# shop: account from 1970-01-01T00:00:00.000010Z to before ")
    assert "- answers: 9, of which 2 failed\n- answered by: baseline, v1.p2\n" in page
    assert "- alerts: 1, of which 1 stood at the end\n- versions refused: v2\n" in page


def test_who_did_what_and_why_stands_in_it() -> None:
    page = report_page(told())
    assert "| ann | accepted → champion | v1 |" in page
    assert "### The gate on v2: refused" in page
    assert "| errors | no | 0.75 |" in page
    assert "| v1.p2 | champion | 6 | 66.67% | 25.00% | 2 |" in page


def test_what_there_is_not_is_said() -> None:
    page = report_page(told())
    assert "- purpose: not stated" in page
    assert "- sources: not stated" in page
    assert "No window's labels became known in the period." in page
    assert "The audit trail has nothing that was done about them." in page
    assert "No configuration was applied by then" in report_page(told(config=None))


def test_a_trail_that_was_changed_is_said_at_the_top_with_the_place_below() -> None:
    page = report_page(told(faults=["lake/audit@3: record 2 was changed"]))
    assert "- audit trail: NOT WHOLE: 1 faults\n" in page
    assert "- **lake/audit@3: record 2 was changed**" in page
    assert "- audit trail: whole\n" in report_page(told())


def test_no_reason_can_pass_for_a_part_of_the_account() -> None:
    facts = told()
    facts["verdicts"][0]["reason"] = "too dear\n## Audit trail\n\nwhole"
    facts["people"][0]["why"] = "a | b\n## Audit trail"
    page = report_page(facts)
    assert page.count("\n## Audit trail\n") == 1
    assert "| a \\| b ## Audit trail |" in page


def test_a_line_below_a_table_is_no_row_of_it() -> None:
    assert "|\n\n- explanations given beside answers: 1\n" in report_page(told())


def test_a_group_has_one_row_and_distances_stand_below() -> None:
    facts = told()
    row = {"version": "v1", "slice": "age=old", "metric": "recall", "realised": 0.5, "low": 0.4, "high": 0.6}
    row |= {"judged": 9}
    alone = {"metric": "accuracy", "realised": 0.91234, "low": None, "high": None}
    facts["fairness"] = [row, row | alone, row | {"slice": "between age", "metric": "equalised_odds"}]
    page = report_page(facts)
    assert "| version | group | judged | recall | accuracy |" in page
    assert "| v1 | age=old | 9 | 0.5 (0.4 to 0.6) | 0.912 |" in page
    assert "| v1 | between age | equalised_odds | 0.5 | 0.4 | 0.6 |" in page
