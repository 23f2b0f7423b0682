import re
from dataclasses import replace

from services.contracts.schemas import own_schema
from services.monitoring.domain.alert import CLASSIFIED, CLEARED, RAISED, Change, Classified, Cleared, Raised, alert_id

ALERT = Raised("a1", "inputs", "amount", "m1", 50, 0.4, 0.2, Change(10, 20, 30), "The distribution moved.")


def fields(name: str) -> list[str]:
    return [field["name"] for field in own_schema(name)["fields"]]


def test_records_have_the_fields_of_their_schemas() -> None:
    assert list(ALERT.to_record()) == fields(RAISED)
    assert list(Cleared("a1", 60, "recovered").to_record()) == fields(CLEARED)
    assert list(Classified("a1", 60, "virtual").to_record()) == fields(CLASSIFIED)


def test_a_change_is_told_with_its_interval() -> None:
    record = ALERT.to_record()
    assert (record["change_low"], record["change_point"], record["change_high"]) == (10, 20, 30)


def test_a_change_at_the_beginning_of_time_is_a_change() -> None:
    record = replace(ALERT, change=Change(0, 0, 0)).to_record()
    assert (record["change_low"], record["change_point"], record["change_high"]) == (0, 0, 0)


def test_an_alert_without_a_known_change_leaves_all_three_out() -> None:
    record = replace(ALERT, change=None).to_record()
    assert [record[name] for name in ("change_low", "change_point", "change_high")] == [None] * 3


def test_the_id_is_the_same_whenever_it_is_computed() -> None:
    assert alert_id("shop", "inputs", "amount", "m1", 50) == alert_id("shop", "inputs", "amount", "m1", 50)
    assert re.fullmatch("[0-9a-f]{32}", alert_id("", "", "", "", 0))


def test_the_id_tells_apart_whatever_differs() -> None:
    causes = [
        ("shop", "inputs", "amount", "m1", 50),
        ("bank", "inputs", "amount", "m1", 50),
        ("shop", "scores", "amount", "m1", 50),
        ("shop", "inputs", "kind", "m1", 50),
        ("shop", "inputs", "amount", "m2", 50),
        ("shop", "inputs", "amount", "m1", 51),
        ("shopi", "nputs", "amount", "m1", 50),
        ("shop", "inputs", "amount", "m15", 0),
    ]
    assert len({alert_id(*cause) for cause in causes}) == len(causes)
