from services.outcomes.domain.answer import Answer, Beside
from services.outcomes.domain.flights import Flights

ANSWER = Answer(3, "a", "p", 5, (), 0.25, False, "m1", "f1", b"", ())
PAIRED = ANSWER._replace(beside=Beside("m2", 0.75, True, "challenger"))
TAKEN = ANSWER._replace(model="m3", arm="challenger", beside=Beside("m1", None, None, "champion"))


def test_a_version_is_in_flight_from_its_first_pair_to_the_first_answer_without_one() -> None:
    flights = Flights()
    for answer, challenger in ((ANSWER, ""), (PAIRED, "m2"), (ANSWER._replace(score=None), "m2"), (TAKEN, "m3")):
        flights.update(0, answer)
        assert flights.challenger == challenger
    flights.update(10, ANSWER)
    assert flights == Flights("", {0: ["m2", "m3"]})


def test_a_window_that_ends_is_one_of_its_flight_whatever_lies_there() -> None:
    flights = Flights()
    flights.pass_by(0)
    flights.update(10, PAIRED)
    for window in (10, 20):
        flights.pass_by(window)
    assert flights.windows == {10: ["m2"], 20: ["m2"]}
    flights.forget(10)
    flights.forget(30)
    assert flights.windows == {20: ["m2"]}


def test_a_copy_is_equal_and_changes_on_its_own() -> None:
    flights = Flights("m2", {0: ["m1", "m2"]})
    copy = Flights.from_plain(flights.to_plain())
    assert copy == flights
    copy.update(0, TAKEN)
    assert flights == Flights("m2", {0: ["m1", "m2"]})
