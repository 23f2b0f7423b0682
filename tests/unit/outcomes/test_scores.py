from tests.unit.outcomes.log import DAY, Log, run, values


def scores(log: Log) -> list[tuple[float, str, int, int]]:
    """Window start in days, version, rows and up_to_seq of each profile of scores."""
    found = values(run(log)[0], "ProfileClosed", stream="scores")
    return [(v["window_start"] / DAY, v["version"], v["rows"], v["up_to_seq"]) for v in found]


def test_a_window_is_reported_by_version_when_the_watermark_passes_it() -> None:
    log = Log().event("a", 0.1).event("b", 0.2, model="m0").event("c", 0.3).tick(1)
    assert scores(log) == [(0.0, "m0", 1, 1), (0.0, "m1", 2, 2)]


def test_the_profile_holds_the_scores_and_counts_failures_as_missing() -> None:
    outputs, _ = run(Log().event("a", 0.1, score=0.2).event("b", 0.2, score=0.4).event("c", 0.3, score=None).tick(1))
    [profile] = values(outputs, "ProfileClosed", stream="scores")
    [field] = profile["fields"]
    assert (field["name"], field["count"], field["missing"], field["minimum"]) == ("score", 2, 1, 0.2)
    assert profile["window_end"] == DAY
    assert profile["partition"] == 1


def test_a_profile_tells_the_clock_of_its_closing() -> None:
    outputs, _ = run(Log().event("a", 0.1).tick(5.5))
    assert {p["closed_at"] for p in values(outputs, "ProfileClosed")} == {5 * DAY}


def test_the_last_window_is_reported_even_if_it_is_empty() -> None:
    assert scores(Log().event("a", 0.1).tick(1).tick(5.5)) == [(0.0, "m1", 1, 0), (4.0, "", 0, -1)]


def test_a_late_event_reports_its_window_again_with_all_in_it() -> None:
    log = Log().event("a", 0.1).tick(1).event("b", 0.999).tick(2)
    assert scores(log) == [(0.0, "m1", 1, 0), (0.0, "m1", 2, 1), (1.0, "", 0, -1)]


def test_profiles_go_to_the_only_partition_under_a_key_that_names_them() -> None:
    outputs, _ = run(Log().event("a", 0.1).tick(1))
    north, whole = [output for output in outputs if output.topic == "profiles" and "scores" in output.key]
    assert (whole.partition, whole.key) == (0, "scores/0/m1//1")
    assert (north.partition, north.key) == (0, "scores/0/m1/region=north/1")


def test_another_policy_of_the_same_model_has_its_own_with_what_it_decided() -> None:
    log = Log().event("a", 0.1, 0.7, policy="p1").event("b", 0.2, 0.7, policy="p2").event("c", 0.3, policy="p2")
    outputs, _ = run(log.tick(1))
    found = values(outputs, "ProfileClosed", stream="scores")
    assert [(one["version"], one["rows"], one["decided"]) for one in found] == [("m1", 1, 1), ("m1.p2", 2, 1)]


def test_probabilities_that_leave_no_doubt_are_counted() -> None:
    log = Log().event("a", 0.1, 0.0).event("b", 0.2, 1.0).event("c", 0.3, 0.999).event("d", 0.4, None).tick(1)
    [profile] = values(run(log)[0], "ProfileClosed", stream="scores")
    assert profile["saturated"] == 2


def test_each_slice_has_its_own_and_decisions_what_their_scores_promise() -> None:
    log = Log().event("a", 0.1, 0.75).event("b", 0.2, 0.5, region="south").event("c", 0.3, 0.25, region=None)
    found = values(run(log.event("d", 0.4, None).tick(1))[0], "ProfileClosed", stream="scores", slice="")
    parts = [
        values(run(log)[0], "ProfileClosed", stream="scores", slice=f"region={one}") for one in ("north", "south", "")
    ]
    told = [(one["rows"], one["decided"], one["promised"]) for one in (*found, *(one for [one] in parts))]
    assert told == [(4, 2, 1.25), (2, 1, 0.75), (1, 1, 0.5), (1, 0, 0.0)]
