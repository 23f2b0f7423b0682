from services.cli.domain.trace import trace
from services.cli.domain.trace_page import trace_page
from tests.unit.cli.domain.recorded import life, order, record


def test_sections_come_in_the_order_of_life() -> None:
    told = trace_page(trace(life()))
    heads = [row.removeprefix("## ") for row in told.splitlines() if row.startswith("## ")]
    assert [head for head in heads if " of " not in head] == [
        "Event",
        "Validation",
        "Features",
        "Answer",
        "Model",
        "Explanation",
        "Labels",
        "Outcomes",
        "Learnt from it, or measured on it",
        "Alerts at its time",
        "Audit trail",
    ]
    assert told.startswith(
        "# Prediction o1\n\n## Event\n\n- record: shop.events[1]@12, appended 1970-01-01T00:01:40.000002Z\n"
    )
    assert "| amount | 1.5 | field of the event | – | d1 |" in told
    assert "| kind | b\\|c | – | – | – |" in told
    assert "- answered by: v2.p2, then canary, now champion" in told
    assert "- in flight beside it: v2, with 25% of the entities" in told
    assert "- beside it v1, champion: status ok, score 0.75, label yes; shop.predictions.shadow[1]@2" in told
    assert "`driftmill explain o1` computes it." in told
    assert "- revision 1: corrected; shop.outcomes[1]@30" in told
    assert "yet to write" not in told


def test_what_was_refused_has_no_more_than_its_reasons() -> None:
    reason = {"field": "", "rule": "duplicate", "expected": "a new id", "got": "o1"}
    said = {"kind": "event", "event_id": "o1", "source_topic": "events.raw", "source_partition": 0, "source_offset": 77}
    found = trace(life([record("events.quarantined", "RecordQuarantined", said | {"reasons": [reason]}, 3)]))
    told = trace_page(found)
    assert "- event refused: shop.events.raw[0]@77, kept as shop.events.quarantined[0]@3" in told
    assert "  - duplicate: expected a new id, got o1" in told
    assert "There is none." in told
    assert "## Features" not in told


def test_records_that_the_lake_lacks_and_services_gave_up_are_said() -> None:
    said = {"service": "inference", "reason": "failed", "detail": "no score", "source_topic": "features"}
    letter = record("deadletters.inference", "DeadLetter", said | {"source_partition": 1, "source_offset": 5}, 9)
    told = trace_page(trace(life([*order(), letter])) | {"newer": 1200})
    assert "- inference, failed: no score; shop.features[1]@5, kept as shop.deadletters.inference[0]@9" in told
    assert told.endswith("\n\nThe lake has yet to write 1,200 newer records: what they say isn't told here.\n")


def test_an_explanation_is_told_where_there_is_one() -> None:
    said = {"model": "v2", "base": 0.3, "contributions": {"amount": 0.1}}
    told = trace_page(trace(life([*order(), record("explanations", "PredictionExplained", said, 1, 1)])))
    assert "- `amount` adds +0.1000" in told
