from services.contracts.record import JSON
from services.validation.domain.contract import Contract
from services.validation.domain.intake import Intake, Raw
from services.validation.domain.reason import Reason
from services.validation.domain.refusal import believed_time, first_broken, quarantined
from tests.unit.validation import scene
from tests.unit.validation.scene import KEY, START, bought, judged, record

CONTRACT = Contract.of(scene.pipeline(), 1, KEY)


def raw_of(value: dict[str, object], *reasons: Reason) -> Raw:
    raw = Intake(scene.pipeline()).read(record(value, kind=JSON))
    raw.reasons.extend(reasons)
    return raw


def reason(field: str, rule: str) -> Reason:
    return Reason(field, rule, "this", "that")


def test_an_event_counts_as_what_it_broke_first_at_its_own_time() -> None:
    raw = raw_of(bought(0), reason("amount", "check"), reason("id", "duplicate"))
    assert first_broken(raw) == ("amount", "check")
    assert believed_time(CONTRACT, raw) == START


def test_a_time_that_is_itself_refused_is_not_believed_but_if_it_is_only_too_late() -> None:
    assert believed_time(CONTRACT, raw_of(bought(0), reason("at", "future"))) is None
    assert believed_time(CONTRACT, raw_of(bought(0) | {"at": "soon"})) is None
    assert believed_time(CONTRACT, raw_of(bought(0), reason("at", "too_late"))) == START


def test_it_is_written_whole_with_the_window_in_which_it_counts() -> None:
    written = quarantined(CONTRACT, raw_of(bought(0), reason("amount", "check")), 7)
    assert (written["kind"], written["event_id"], written["window_start"]) == ("event", "e0", 7)
    assert [one["rule"] for one in written["reasons"]] == ["check"]
    label = quarantined(CONTRACT, raw_of(judged(0), reason("", "duplicate")), None)
    assert (label["kind"], label["event_time"], label["window_start"]) == ("label", None, None)
